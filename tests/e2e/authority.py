# SPDX-License-Identifier: Apache-2.0
"""Certificates of the end-to-end tests, made by `openssl`."""
import subprocess


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A CA of its own in a folder, and what it signs."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.cert = folder / f"{name}.crt"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", 1, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key",
                "-out", self.cert)

    def sign(self, name, subject_alternatives, days=1):
        """Certificate and key, both new. With -1 days it has expired."""
        key, request, cert = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={subject_alternatives}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.cert,
                "-CAkey", self.folder / f"{self.name}.key", "-CAcreateserial", "-days", days,
                "-extfile", extensions, "-out", cert)
        return cert, key
