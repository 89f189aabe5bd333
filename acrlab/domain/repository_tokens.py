"""Tokens of a registry as resources: their body, and that of the request for passwords."""

import re

from acrlab.domain.registry import TYPE as REGISTRIES
from acrlab.domain.registry import Field

TYPE = f"{REGISTRIES}/tokens"
NAME = re.compile(r"[a-zA-Z0-9-]{5,50}")
PASSWORDS = ("password1", "password2")
ENABLED, DISABLED = "enabled", "disabled"
_READ = Field(kind="string", read_only=True)
_TEXT = Field(kind="string")
_STORED = Field(kind="string", truth="stored")
SHAPE = Field(
    kind="object", label="Token",
    fields={
        "id": _READ, "name": _READ, "type": _READ, "systemData": Field(kind="object", read_only=True),
        "properties": Field(
            kind="object", label="TokenProperties",
            fields={
                "scopeMapId": _TEXT, "status": Field(kind="string", values=(ENABLED, DISABLED)),
                "creationDate": _READ, "provisioningState": _READ,
                "credentials": Field(
                    kind="object", label="TokenCredentialsProperties",
                    fields={
                        "certificates": Field(
                            kind="array", label="TokenCertificate", truth="stored",
                            fields={
                                "name": Field(kind="string", values=("certificate1", "certificate2"), truth="stored"),
                                "expiry": _STORED, "thumbprint": _STORED, "encodedPemCertificate": _STORED,
                            },
                        ),
                        "passwords": Field(
                            kind="array", label="TokenPassword",
                            fields={
                                "name": Field(kind="string", values=PASSWORDS), "creationTime": _TEXT,
                                "expiry": _TEXT, "value": _READ,
                            },
                        ),
                    },
                ),
            },
        ),
    },
)  # fmt: skip
GENERATE = Field(
    kind="object", label="GenerateCredentialsParameters",
    fields={"tokenId": _TEXT, "expiry": _TEXT, "name": Field(kind="string", values=PASSWORDS)},
)  # fmt: skip
