"""A JSON column that gives back what was put in: PostgreSQL's jsonb sorts keys and makes whole numbers of floats such as 1e22."""

import json
from typing import Any

from django.db import models
from psycopg.types.json import Json


class ExactJSONField(models.JSONField):
    """A column of the type json: the text as it was written, so floats stay floats and keys keep their order. It cannot be compared in SQL."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else Json(value, dumps=lambda obj: json.dumps(obj, cls=self.encoder, allow_nan=False))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return json.loads(value, cls=self.decoder) if isinstance(value, str) else value
