"""Send one test mail to an address, at once, and say what the mail server answered."""

from argparse import ArgumentParser
from typing import Any, override

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management.base import BaseCommand, CommandError

from vre_portal.http import RemoteError
from vre_portal.notices.mail import addresses, smtp


class Command(BaseCommand):
    """`manage.py send_test_mail someone@example.org`."""

    help = "Send a test mail with the mail server of the settings (EMAIL_HOST and so on)."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not addresses.is_set_up():
            raise CommandError("EMAIL_HOST is not set: the portal sends no mail.")
        if not addresses.is_usable(options["address"]):
            raise CommandError("This is not an address that mail can be sent to.")
        site = settings.SITE["name"]
        headers = {"Auto-Submitted": "auto-generated"}
        mail = EmailMessage(
            f"Test mail from {site}", "E-mail from the portal works.\n", settings.MAIL_FROM, [options["address"]], headers=headers
        )
        try:
            with smtp.connection() as server:
                smtp.send(server, mail)
        except (RemoteError, smtp.AddressRefused, smtp.MailRefused) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("The mail server took the mail.")
