import hashlib
import secrets

from django.core.files.base import ContentFile
from django.db import migrations


def stored_file(StoredFile, text):
    """The row of this content, as StoredFileQuerySet.keep makes it."""
    body = text.encode(errors="replace")
    digest = hashlib.sha256(body).hexdigest()
    known = StoredFile.objects.filter(sha256=digest).first()
    if known is None:
        known = StoredFile(sha256=digest, size=len(body))
        name = f"specifications/{digest[:2]}/{digest}-{secrets.token_hex(4)}"
        known.file.name = known.file.storage.save(name, ContentFile(body))
        known.save()
    return known


def make_first_versions(apps, schema_editor):
    """What each specification holds becomes its version 1, and that of the runs that were launched with exactly this."""
    Specification, Run = apps.get_model("workflows", "Specification"), apps.get_model("workflows", "Run")
    Version, VersionFile, StoredFile = (apps.get_model("workflows", name) for name in ("SpecificationVersion", "VersionFile", "StoredFile"))
    for item in Specification.objects.filter(current=None).iterator(chunk_size=20):
        code = {path: text for path, text in item.code.items() if isinstance(text, str) and len(path) <= 600}
        version = Version.objects.create(
            specification=item, number=1, origin="operator", address=item.source, commit=item.commit, path=item.path, text=item.text,
            data=item.data, file_faults=item.load_faults, added_at=item.changed_at,
        )
        VersionFile.objects.bulk_create([VersionFile(version=version, path=path, stored=stored_file(StoredFile, text)) for path, text in code.items()])
        Specification.objects.filter(pk=item.pk).update(current=version, code={})
        same = Run.objects.filter(specification=item, text=item.text, commit=item.commit, code=item.code)
        same.update(version=version, code={})


class Migration(migrations.Migration):
    dependencies = [("workflows", "0016_entering")]

    operations = [migrations.RunPython(make_first_versions, migrations.RunPython.noop)]
