"""Acts that go on are a reason to wait with erasing somebody: nobody else's token may do them."""

from datalake.acts.models import Act
from vre_portal.iam import personal, sign_out
from vre_portal.iam.models import User


def under_way(user: User) -> list[str]:
    """What was asked for and has not ended."""
    count = Act.objects.unended().filter(by=user).count()
    return [f"{count} of your acts in a Data Lake have not ended: call them off, or wait."] if count else []


personal.hinder(under_way)


def waiting(user: User) -> list[sign_out.Waiting]:
    """What nobody can go on with while its person is signed in nowhere."""
    return [
        sign_out.Waiting(f"Request to {act.lake}", act.get_absolute_url(), "It is sent to the lake when you sign in again.")
        for act in Act.objects.unended().filter(by=user)
    ]


sign_out.add_waiting(waiting)
