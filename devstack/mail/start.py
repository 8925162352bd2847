"""Serve SMTP and the page: `python -m devstack.mail.start [--smtp PORT --page PORT --folder FOLDER --login NAME:PASSWORD]`."""

import argparse

from devstack.address import HOST, PORTS, state_dir
from devstack.mail import store
from devstack.mail.page import make_server
from devstack.mail.server import Server


def main() -> None:
    """Run both until the process is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smtp", type=int, default=PORTS["mail-smtp"])
    parser.add_argument("--page", type=int, default=PORTS["mail"])
    parser.add_argument("--folder", default="")
    parser.add_argument("--login", default="")
    options = parser.parse_args()
    mails = store.Store(store.folder(options.folder or state_dir("mail")))
    smtp = Server(mails, HOST, options.smtp, login=options.login)
    smtp.start()
    make_server(mails, smtp, HOST, options.page).serve_forever()


if __name__ == "__main__":
    main()
