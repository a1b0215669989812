"""The fields of forms, as they are sent."""

from typing import Annotated

from fastapi import Form

Typed = Annotated[str, Form()]
Switch = Annotated[bool, Form()]
Number = Annotated[int, Form()]
