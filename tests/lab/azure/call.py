"""One call to the stand-in by the client code of Azure's SDK: METHOD PATH BODY → [status, answer]."""

from __future__ import annotations

import json
import os
import sys

from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy


def main(method: str, path: str, body: str) -> None:
    """Print status and answer as JSON."""
    ca, base = os.environ["FEDERATION_AZURE_CA"], f"https://{os.environ['ARM_METADATA_HOSTNAME']}"

    def transport() -> RequestsTransport:
        return RequestsTransport(connection_verify=ca, use_env_settings=False)

    credential = ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
        transport=transport(),
    )
    policies = [ARMChallengeAuthenticationPolicy(credential, f"{base}/.default")]
    with ARMPipelineClient(base_url=base, policies=policies, transport=transport()) as client:
        content = json.loads(body)
        answer = client.send_request(HttpRequest(method, f"{base}{path}", json=content))
    text = answer.text()
    print(json.dumps([answer.status_code, json.loads(text) if text else None]))


if __name__ == "__main__":
    main(*sys.argv[1:])
