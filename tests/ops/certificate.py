"""A certificate of `localhost` that signs itself, and its key, as PEM files."""

import subprocess

REQUEST = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"


def make(folder, days=30):
    """The paths of `tls.crt` and `tls.key`, as a Secret of Kubernetes names them."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    alternative = ["-addext", "subjectAltName=DNS:localhost", "-days", str(days)]
    subprocess.run([*REQUEST.split(), *alternative, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


def arguments(folder):
    """Those of a gateway that takes TLS with it."""
    certificate, key = make(folder)
    return ["--tls-listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key]
