"""What the stand-in keeps on disk, and who may read it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from lab import pki
from lab.azure.settings import Settings
from lab.errors import LabError


def write_private(file: Path, data: bytes) -> None:
    """A file of mode 0600, whole or not at all."""
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)
    draft.rename(file)


@dataclass(frozen=True)
class Files:
    """The files in the stand-in's directory, which is made for root alone."""

    directory: Path

    @property
    def settings(self) -> Path:
        """Who is who, and the operator's secret."""
        return self.directory / "settings.json"

    @property
    def inventory(self) -> Path:
        """The resources; see `lab.azure.store`."""
        return self.directory / "inventory.json"

    @property
    def authority(self) -> Path:
        """The certificate that clients trust."""
        return self.directory / "ca.crt"

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.directory / "server.crt"

    @property
    def key(self) -> Path:
        """The server's key."""
        return self.directory / "server.key"

    @property
    def log(self) -> Path:
        """What the server said."""
        return self.directory / "server.log"

    @property
    def pid(self) -> Path:
        """The server's process and when that began; see `lab.azure.control`."""
        return self.directory / "server.pid"

    @property
    def environment(self) -> Path:
        """The variables that make clients use the stand-in; there while it is up."""
        return self.directory / "environment.json"

    @property
    def programs(self) -> Path:
        """Programs that stand in for others, first on the PATH of `lab exec`."""
        return self.directory / "bin"

    def make(self) -> None:
        """The directory."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def load_settings(self) -> Settings:
        """The settings; new ones are written when there are none. Raises `LabError` for a file that can't be read."""
        if not self.settings.exists():
            made = Settings()
            write_private(self.settings, made.model_dump_json(indent=1).encode())
            return made
        try:
            return Settings.model_validate_json(self.settings.read_bytes())
        except (OSError, ValueError) as error:
            raise LabError(
                "stand-in for Azure",
                f"{self.settings} can't be read ({error})",
                "run `lab azure stop --purge`",
            ) from None

    def ensure_certificates(self, address: str) -> None:
        """An authority of its own and the server's certificate for `address`, unless they are there.

        The authority's key is not kept: it signs one certificate in its life.
        """
        if self.authority.exists() and self.certificate.exists() and self.key.exists():
            return
        authority = pki.authority("stand-in for Azure")
        names = tuple(dict.fromkeys((address, "127.0.0.1", "localhost")))
        leaf = pki.Leaf(file="server", authority="ca", common_name="azure.standin", names=names)
        server = pki.issue(leaf, authority)
        write_private(self.key, server.key_pem)
        write_private(self.certificate, server.certificate_pem)
        self.authority.write_bytes(authority.certificate_pem)

    def write_environment(self, settings: Settings, address: str) -> None:
        """The variables of the contract with `lab exec`: see `lab.cli.inside`."""
        self.programs.mkdir(exist_ok=True)
        ids = {
            "TENANT_ID": settings.tenant_id,
            "SUBSCRIPTION_ID": settings.subscription_id,
            "CLIENT_ID": settings.client_id,
            "CLIENT_SECRET": settings.client_secret,
        }
        variables = {
            **{f"ARM_{name}": value for name, value in ids.items()},
            **{f"AZURE_{name}": value for name, value in ids.items()},
            "ARM_METADATA_HOSTNAME": address,
            "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
            "AZURE_AUTHORITY_HOST": f"https://{address}",
            "FEDERATION_AZURE_CA": str(self.authority),
            "AAD_LOGIN_METHOD": "spn",
            "PATH_PREPEND": str(self.programs),
        }
        write_private(self.environment, json.dumps(variables, indent=1).encode())
