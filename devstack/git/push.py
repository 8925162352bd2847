"""Let main of one of the stack's repositories have the commit of another branch: `python -m devstack.git.push helloworld.git next`."""

import argparse

from devstack.address import state_dir
from devstack.git.history import MAIN, move


def main() -> None:
    """Move the branch, and say to which commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository")
    parser.add_argument("branch")
    given = parser.parse_args()
    target = state_dir("git") / given.repository
    if target.parent != state_dir("git") or not target.is_dir():
        parser.error(f"there is no repository {given.repository}")
    print(f"{MAIN} of {given.repository} is now {move(target, MAIN, given.branch)}")


if __name__ == "__main__":
    main()
