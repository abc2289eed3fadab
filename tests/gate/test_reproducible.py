"""The comparison of two builds: a changed library in an archive, and a file that only one of them made, are both named."""

import tarfile
from io import BytesIO

from program import program

reproducible = program("reproducible")


def release(folder, library, *wheels):
    folder.mkdir()
    member = tarfile.TarInfo("oap/lib/liboap.so.1.0.0")
    member.size = len(library)
    with tarfile.open(folder / "oap-1-x-linux-y.tar.gz", "w:gz") as archive:
        archive.addfile(member, BytesIO(library))
    for wheel in wheels:
        (folder / wheel).write_bytes(b"wheel")
    return folder


def test_what_differs_is_named(tmp_path):
    one = reproducible.hashes(release(tmp_path / "one", b"library", "a.whl"))
    two = reproducible.hashes(release(tmp_path / "two", b"another", "a.whl", "b.whl"))
    assert reproducible.different(one, one) == []
    assert reproducible.different(one, two) == ["b.whl", "liboap.so", "oap-1-x-linux-y.tar.gz"]
