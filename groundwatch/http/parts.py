"""What endpoints work with, taken from the application they belong to."""

from typing import Annotated

from fastapi import Depends, Request

from groundwatch.http.board import Board
from groundwatch.http.events import Hub
from groundwatch.program import Program
from storage.errors import StoreUnavailable
from storage.ports import TelemetryStore


async def _program(request: Request) -> Program:
    program: Program = request.app.state.program
    return program


async def _board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


async def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.hub
    return hub


async def _store(request: Request) -> TelemetryStore:
    program: Program = request.app.state.program
    if program.store_problem:
        raise StoreUnavailable(program.store_problem)
    return program.store


ProgramPart = Annotated[Program, Depends(_program)]
BoardPart = Annotated[Board, Depends(_board)]
HubPart = Annotated[Hub, Depends(_hub)]
StorePart = Annotated[TelemetryStore, Depends(_store)]
