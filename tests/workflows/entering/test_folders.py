"""Files by their folders: each is counted, and no page is longer than it may be."""

from projects.workflows.entering.folders import MAX_FOLDERS, MAX_SHOWN, by_folder


def test_each_folder_has_its_files_and_their_sum() -> None:
    found = by_folder([("b/two.txt", 2), ("a.txt", 1), ("b/one.txt", 3), ("b/c/x", 10)])
    assert (found.top.files, found.count, found.bytes) == ([("a.txt", 1)], 4, 16)
    assert [(folder.path, folder.files, folder.count, folder.bytes) for folder in found.folders] == [
        ("b", [("one.txt", 3), ("two.txt", 2)], 2, 5),
        ("b/c", [("x", 10)], 1, 10),
    ]
    assert (found.is_short, by_folder([]).count) == (True, 0)


def test_what_is_not_listed_is_counted() -> None:
    found = by_folder([(f"a/{number:04}", 1) for number in range(MAX_SHOWN + 5)] + [("b/x", 7)])
    first, second = found.folders
    assert (len(first.files), first.count, first.not_listed) == (MAX_SHOWN, MAX_SHOWN + 5, 5)
    assert (second.files, second.count, second.bytes, second.not_listed) == ([], 1, 7, 1)
    many = by_folder([(f"{number:04}/x", 1) for number in range(MAX_FOLDERS + 3)])
    assert (len(many.folders), many.folders_not_listed, many.count) == (MAX_FOLDERS, 3, MAX_FOLDERS + 3)
