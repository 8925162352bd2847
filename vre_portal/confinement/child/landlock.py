"""Landlock: only the listed files and folders can be opened, and only the scratch folder can be changed."""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from vre_portal.confinement.child import kernel

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # on every machine
VERSION, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REGULAR = 1, 2, 4, 8, 16, 32, 128, 256
REFER, TRUNCATE = 1 << 13, 1 << 14
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
CHANGE = WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REGULAR | REFER | TRUNCATE
# How many rights of files each version of Landlock knows: those that it does not know cannot be taken away.
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NETWORK, SCOPES = 0b11, 0b11  # TCP, from version 4; abstract sockets and signals, from version 6


def restrict(readable: Iterable[str], scratch: str) -> None:
    """Restrict this process and all that it becomes; raises NotIsolated where the kernel has no Landlock."""
    try:
        version = kernel.call(CREATE_RULESET, 0, 0, VERSION)
        handled = (1 << RIGHTS.get(version, 16)) - 1
        # One field for each: a kernel that knows fewer of them takes the rest only as zeros.
        fields = struct.pack("=3Q", handled, NETWORK if version >= 4 else 0, SCOPES if version >= 6 else 0)
        rules = kernel.call(CREATE_RULESET, fields, len(fields), 0)
        for path in readable:
            allow(rules, path, (READ_FILE | READ_DIR) & handled)
        allow(rules, os.devnull, (READ_FILE | WRITE_FILE | TRUNCATE) & handled)
        allow(rules, scratch, CHANGE & handled)
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.call(RESTRICT_SELF, rules, 0)
        os.close(rules)
    except OSError as error:
        raise kernel.NotIsolated("landlock") from error


def allow(rules: int, path: str, rights: int) -> None:
    """Allow this below a folder, or for one file; what does not exist needs no rule."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rule = struct.pack("=Qi", rights if Path(path).is_dir() else rights & OF_FILES, handle)
    kernel.call(ADD_RULE, rules, PATH_BENEATH, rule, 0)
    os.close(handle)
