"""Acts that go on are a reason to wait with erasing somebody: nobody else's token may do them."""

from datalake.acts.models import Act
from vre_portal.iam import personal
from vre_portal.iam.models import User


def under_way(user: User) -> list[str]:
    """What was asked for and has not ended."""
    count = Act.objects.unended().filter(by=user).count()
    return [f"{count} of your acts in a Data Lake have not ended: call them off, or wait."] if count else []


personal.hinder(under_way)
