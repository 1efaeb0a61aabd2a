"""A small strawberry schema with one of everything that the HTTP side has to carry."""

import asyncio
import datetime
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, NewType

import strawberry
from starlette.datastructures import UploadFile
from starlette.requests import Request
from strawberry.dataloader import DataLoader
from strawberry.extensions import SchemaExtension
from strawberry.file_uploads import Upload, UploadDefinition
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from domain.errors import InvalidInput, NotAuthenticated, NotFound
from domain.message import Message

Number = NewType("Number", str)


def parse_number(value: object) -> Number:
    if isinstance(value, str) and value.isdecimal():
        return Number(value)
    raise InvalidInput(Message("编号有误", "The number is wrong"), field="number", code="NUMBER_INVALID")


class IsOwner(BasePermission):
    message = "Only the owner"

    def has_permission(self, source: Any, info: strawberry.Info, **kwargs: Any) -> bool:
        return bool(info.context["is_owner"])


@strawberry.type
class Book:
    title: str
    price: Decimal = Decimal("9.90")
    published: datetime.date = datetime.date(2026, 11, 20)

    @strawberry.field
    async def author(self, info: strawberry.Info) -> str:
        loader: DataLoader[str, str] = info.context["authors"]
        return await loader.load(self.title)

    @strawberry.field
    def related(self, first: int = 10) -> list["Book"]:
        return [Book(title=f"{self.title}{index}") for index in range(first)]


@strawberry.input(one_of=True)
class Key:
    title: strawberry.Maybe[str]
    number: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def books(self, first: int | None = None, last: int | None = None) -> list[Book]:
        return [Book(title=f"b{index}") for index in range(min(first or last or 3, 10))]

    @strawberry.field
    def book(self, key: Key) -> Book:
        return Book(title="one")

    @strawberry.field
    def number(self, number: Number) -> Number:
        return number

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("password=hunter2")

    @strawberry.field
    def broken_root(self) -> str:
        raise RuntimeError("password=hunter2")

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound(Message("没有这本书", "There is no such book"), field="input.title")

    @strawberry.field
    def unwritable(self) -> str:
        return "\ud800"

    @strawberry.field(permission_classes=[IsOwner])  # type: ignore[untyped-decorator] # as strawberry declares it
    def till(self) -> int | None:
        return 42

    @strawberry.field
    def operation_extensions(self, info: strawberry.Info) -> str:
        return str(info.input_extensions)

    @strawberry.field
    async def slow(self, info: strawberry.Info, seconds: float) -> str:
        return await _waited(info, seconds)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, title: str) -> str:
        return title

    @strawberry.mutation
    async def wait(self, info: strawberry.Info, seconds: float) -> str:
        return await _waited(info, seconds)

    @strawberry.mutation
    async def send(self, info: strawberry.Info, files: list[Upload], note: str = "") -> list[str]:
        info.context["uploads"].extend(files)
        return [await _described(file) for file in files]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncGenerator[int, None]:
        yield 1


async def _waited(info: strawberry.Info, seconds: float) -> str:
    if "reached" in info.context:
        info.context["reached"].set()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        info.context["cancelled"].append(seconds)
        raise
    return "done"


async def _described(file: Any) -> str:
    assert isinstance(file, UploadFile)
    return f"{file.filename}:{len(await file.read())}"


class CountOperations(SchemaExtension):
    seen = 0

    def on_operation(self) -> Any:
        type(self).seen += 1
        yield

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        return _next(root, info, *args, **kwargs)

    def get_results(self) -> dict[str, Any]:
        return {"operation": self.execution_context.operation_name}


def make_schema(extensions: tuple[type[SchemaExtension], ...] = ()) -> strawberry.Schema:
    number = strawberry.scalar(name="Number", parse_value=parse_number, serialize=str)
    return strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        extensions=extensions,
        config=StrawberryConfig(scalar_map={Number: number, Upload: UploadDefinition}, relay_max_results=50),
    )


async def _authors(titles: list[str]) -> list[str]:
    return [f"author of {title}" for title in titles]


class Contexts:
    """Makes the context of a request, and remembers what resolvers left in it."""

    def __init__(self) -> None:
        self.cancelled: list[float] = []
        self.uploads: list[UploadFile] = []
        self.made = 0

    async def __call__(self, request: Request) -> dict[str, object]:
        self.made += 1
        token = request.headers.get("authorization")
        if token == "wrong":
            raise NotAuthenticated(Message("令牌无效", "The token is not valid"))
        if token == "broken":
            raise RuntimeError("password=hunter2")
        left = {"cancelled": self.cancelled, "uploads": self.uploads}
        return {"is_owner": token == "owner", "authors": DataLoader(_authors), **left}
