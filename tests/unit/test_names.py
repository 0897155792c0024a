"""Names of services, written and read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.names import GLOBAL, Level, Scheme, Service

unhurried = settings(deadline=None)  # one example may wait for a busy machine
SCHEME = Scheme("fc-federated-cluster", "fc-federated.com")
NGINX = Service("default", "nginx")
LABELS = st.sampled_from(["a", "b", "svc", "com", "us", "east", "fc-federated"])


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (Level("us", "east"), "nginx.default.fc-federated-cluster.svc.east.us.fc-federated.com"),
        (Level("us"), "nginx.default.fc-federated-cluster.svc.us.fc-federated.com"),
        (GLOBAL, "nginx.default.fc-federated-cluster.svc.fc-federated.com"),
    ],
)
def test_the_names_of_a_service_are_those_of_kubefed_v1(level: Level, name: str) -> None:
    assert SCHEME.name(NGINX, level) == name


def test_a_zone_is_inside_its_region_and_that_inside_the_world() -> None:
    assert Level("us", "east").wider == Level("us")
    assert Level("us").wider == GLOBAL
    assert GLOBAL.wider == GLOBAL


@unhurried
@given(LABELS, LABELS, LABELS, LABELS, st.sampled_from([(), ("us",), ("us", "east"), ("svc", "svc")]))
def test_a_name_leads_back_to_its_service_and_level(
    service: str, namespace: str, federation: str, domain: str, place: tuple[str, ...]
) -> None:
    scheme, whose, level = Scheme(federation, f"{domain}.com"), Service(namespace, service), Level(*place)
    assert scheme.parse(scheme.name(whose, level)) == (whose, level)


@pytest.mark.parametrize(
    "name",
    [
        "fc-federated.com",
        "www.fc-federated.com",
        "nginx.default.other.svc.fc-federated.com",
        "nginx.default.fc-federated-cluster.svc.us.example.com",
        "nginx.default.fc-federated-cluster.pod.us.fc-federated.com",
        "x.nginx.default.fc-federated-cluster.svc.fc-federated.com",
        "nginx.default.fc-federated-cluster.svc.a.east.us.fc-federated.com",
        "nginx..fc-federated-cluster.svc.fc-federated.com",
        "nginx.default.fc-federated-cluster.svc.xfc-federated.com",
    ],
)
def test_a_name_that_no_service_of_the_federation_can_have_is_nobodys(name: str) -> None:
    assert SCHEME.parse(name) is None


def test_a_service_reads_as_kubectl_takes_it() -> None:
    assert str(NGINX) == "default/nginx"
