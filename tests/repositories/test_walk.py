"""Of a repository with more than is kept, the scripts are kept before the data."""

import zipfile
from pathlib import Path
from typing import Any

from dulwich.object_store import MemoryObjectStore
from dulwich.objects import Blob, Tree

from vre_portal.repositories.child import limits, walk


def test_small_files_are_kept_before_larger_ones(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "SMALL_BYTES", 10)
    monkeypatch.setattr(limits, "MAX_BYTES", 250)
    store, below, root = MemoryObjectStore(), Tree(), Tree()

    def add(tree: Tree, name: bytes, content: bytes) -> None:
        blob = Blob.from_string(content)
        store.add_object(blob)
        tree.add(name, 0o100644, blob.id)

    for number in range(3):
        add(root, b"data%d.bin" % number, b"0" * 100)
    add(below, b"fit.py", b"print(1)")
    add(below, b"table.csv", b"1" * 40)
    store.add_object(below)
    root.add(b"deep", 0o040000, below.id)
    store.add_object(root)
    files, left_out = walk.write(store, root.id, tmp_path / "a.zip")
    assert [(path, size) for path, size, _special in files] == [
        ("data0.bin", 100),
        ("data1.bin", 100),
        ("deep/fit.py", 8),
        ("deep/table.csv", 40),
    ]
    assert left_out.as_json() == {"large": {"count": 1, "names": ["data2.bin"]}}
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("deep/fit.py") == b"print(1)"
