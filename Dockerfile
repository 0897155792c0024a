# The image of the controllers (`dns`, `vip`) and of the gateway nodes' agent (`keepalived`):
#
#     docker build -t registry.example.com/federation-controllers:0.2.0 .
#
# Push it to where your clusters find it, and name it in a stack's topology as `controllers.image`.
FROM debian:12-slim AS packages
RUN apt-get update && apt-get install --yes --no-install-recommends python3 python3-pip
COPY requirements.controllers.lock /
RUN python3 -m pip install --no-cache-dir --no-deps --require-hashes --target /opt/federation -r /requirements.controllers.lock
COPY federation /opt/federation/federation
# Valid without a look at the sources: the root file system of the containers is read-only.
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /opt/federation

FROM debian:12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends keepalived python3 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/federation /opt/federation
ENV PYTHONPATH=/opt/federation PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["python3", "-m", "federation.controllers"]
