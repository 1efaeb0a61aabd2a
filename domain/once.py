"""Values that are worked out once an object, when they are first asked for."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class once(Generic[Value]):
    """`functools.cached_property` without its lock, as it is from Python 3.12 on: for what one task asks for, a request's loaders."""

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        """Work the value out; from then on it is an attribute of the object, and nobody asks here."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value
