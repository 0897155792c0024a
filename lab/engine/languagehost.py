"""The engine's language protocol for Python, for machines where `pulumi-language-python` cannot be had.

Source of the rules: `language.proto` of the Pulumi SDK 3.259 and the behaviour of the real host. Left out
on purpose: code generation, packing and linking (gRPC answers "unimplemented"), debuggers, the toolchains uv
and poetry. A missing virtual environment is an error with its remedy; the real host makes one in a preview.
"""
# ruff: noqa: ARG002, N802  the protocol gives the methods their names and arguments

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2 as rpc
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeServicer
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

from lab.engine import packages, toolchain
from lab.engine.children import Children
from lab.engine.output import lines_of
from lab.errors import LabError

Context = grpc.ServicerContext

# The program has shown the user its error; the engine shall stop and add nothing.
BAIL = 32
PROBE = Path(__file__).with_name("probe.py")
NO_DEBUGGER = "this language host cannot attach a debugger: run without it, or " + toolchain.REAL_HOST


class LanguageHost(LanguageRuntimeServicer):
    """Serves one engine.

    Args:
        executor: the path of `pulumi-language-python-exec`.
        engine: the engine's address; `Handshake` may replace it.
        tracing: an endpoint handed on to programs; empty for none.
        children: the processes; whoever stops the server ends them.
    """

    def __init__(self, *, executor: str, engine: str, tracing: str, children: Children) -> None:
        self._executor, self._engine, self._tracing, self._children = executor, engine, tracing, children

    def Handshake(
        self, request: rpc.LanguageHandshakeRequest, context: Context
    ) -> rpc.LanguageHandshakeResponse:
        """Take the engine's address."""
        self._engine = request.engine_address or self._engine
        return rpc.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        """Name the version: that of the SDK whose protocol is spoken."""
        return PluginInfo(version=version("pulumi"))

    def GetRequiredPackages(
        self, request: rpc.GetRequiredPackagesRequest, context: Context
    ) -> rpc.GetRequiredPackagesResponse:
        """List the provider plugins the installed SDKs need."""
        with refusals(context):
            found = self._distributions(toolchain.resolve(request.info))
            return rpc.GetRequiredPackagesResponse(packages=packages.required_packages(found))

    def GetProgramDependencies(
        self, request: rpc.GetProgramDependenciesRequest, context: Context
    ) -> rpc.GetProgramDependenciesResponse:
        """List the installed distributions."""
        with refusals(context):
            found = self._distributions(toolchain.resolve(request.info))
            listed = packages.dependencies(found, transitive=request.transitiveDependencies)
            return rpc.GetProgramDependenciesResponse(dependencies=listed)

    def About(self, request: rpc.AboutRequest, context: Context) -> rpc.AboutResponse:
        """Name the interpreter and its version; without a program those of the ambient Python."""
        with refusals(context):
            python = (
                toolchain.resolve(request.info).python()
                if request.HasField("info")
                else toolchain.ambient_python()
            )
            code = "import platform, sys; print(sys.executable); print(platform.python_version())"
            executable, number = self._output([python, "-c", code], os.environ).splitlines()
            return rpc.AboutResponse(executable=executable, version=number)

    def RuntimeOptionsPrompts(
        self, request: rpc.RuntimeOptionsRequest, context: Context
    ) -> rpc.RuntimeOptionsResponse:
        """For `pulumi new`: ask for what is missing of `toolchain` and `virtualenv`; only pip is on offer."""
        given = set(request.info.options.fields)
        wanted = {"toolchain": "pip", "virtualenv": "venv"}
        prompts = [_prompt(key, value) for key, value in wanted.items() if key not in given]
        return rpc.RuntimeOptionsResponse(prompts=prompts)

    def Template(self, request: rpc.TemplateRequest, context: Context) -> rpc.TemplateResponse:
        """Change nothing in a new project: its `requirements.txt` is all that pip needs."""
        return rpc.TemplateResponse()

    def InstallDependencies(
        self, request: rpc.InstallDependenciesRequest, context: Context
    ) -> Iterator[rpc.InstallDependenciesResponse]:
        """Make the virtual environment and install into it; `pulumi install` and `pulumi new` ask for it."""
        with refusals(context):
            chosen = toolchain.resolve(request.info, plugin=request.is_plugin)
            directory = Path(request.info.program_directory)
            for argv in toolchain.install_commands(chosen, directory):
                child = self._start(argv, directory, chosen.environment(os.environ), context, piped=True)
                for stream, text in lines_of(child):
                    yield rpc.InstallDependenciesResponse(**{stream: text})
                if code := self._children.wait(child):
                    raise LabError(" ".join(argv), f"exit code {code}", "see its output above")

    def Run(self, request: rpc.RunRequest, context: Context) -> rpc.RunResponse:
        """Run a program to its end; its output is the host's own, which the engine shows."""
        if request.attach_debugger:
            return rpc.RunResponse(error=NO_DEBUGGER)
        with refusals(context):
            chosen = toolchain.resolve(request.info)
            python, env = chosen.python(), program_environment(chosen, request)
            pwd = Path(request.pwd) if request.pwd else None
            self._typecheck(chosen, request.info, env, context)
            argv = [python, "-u", self._executor, *self._program_arguments(request)]
            return run_response(self._children.wait(self._start(argv, pwd, env, context)))

    def RunPlugin(self, request: rpc.RunPluginRequest, context: Context) -> Iterator[rpc.RunPluginResponse]:
        """Run a policy pack or another plugin, stream its output, and end with its exit code."""
        with refusals(context):
            if request.attach_debugger:
                raise LabError("plugin", NO_DEBUGGER, "leave --attach-debugger out")
            chosen = toolchain.resolve(request.info, plugin=True)
            argv = [chosen.python(), "-u", *plugin_arguments(request)]
            given = dict(entry.split("=", 1) for entry in request.env if "=" in entry)
            env = chosen.environment({**os.environ, **given})
            pwd = Path(request.pwd or request.info.program_directory)
            child = self._start(argv, pwd, env, context, piped=True)
            for stream, text in lines_of(child):
                yield (
                    rpc.RunPluginResponse(stdout=text)
                    if stream == "stdout"
                    else rpc.RunPluginResponse(stderr=text)
                )
            yield rpc.RunPluginResponse(exitcode=self._children.wait(child))

    def Cancel(self, request: Empty, context: Context) -> Empty:
        """End what runs; the calls it belongs to answer with its exit code."""
        threading.Thread(target=self._children.end_all, daemon=True).start()
        return Empty()

    def _start(
        self,
        argv: Sequence[str],
        cwd: Path | None,
        env: Mapping[str, str],
        context: Context,
        *,
        piped: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a process that ends when its call is cancelled."""
        try:
            child = self._children.start(argv, cwd=cwd, env=env, piped=piped)
        except OSError as error:
            raise LabError(
                argv[0], f"it cannot be started: {error.strerror}", "check the virtualenv option"
            ) from error
        # The callback must not block a thread of gRPC for the grace period.
        end = threading.Thread(target=self._children.end, args=([child],), daemon=True)
        if not context.add_callback(end.start):
            end.start()
        return child

    def _program_arguments(self, request: rpc.RunRequest) -> list[str]:
        """The command line of the executor; a value that is not set is left out."""
        flags = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "tracing": self._tracing,
            "organization": request.organization,
        }
        given = [word for name, value in flags.items() if value for word in (f"--{name}", value)]
        return [*given, request.info.entry_point or ".", *request.args]

    def _typecheck(
        self, chosen: toolchain.Toolchain, info: rpc.ProgramInfo, env: Mapping[str, str], context: Context
    ) -> None:
        """Run the type checker the project file names; raises `LabError` if it objects."""
        if not chosen.typechecker:
            return
        directory = Path(info.program_directory)
        argv = [chosen.python(), "-m", chosen.typechecker, str(directory)]
        if chosen.typechecker == "mypy" and chosen.venv is not None:
            argv[3:3] = ["--exclude", os.path.relpath(chosen.venv, directory)]
        if self._children.wait(self._start(argv, directory, env, context)):
            raise LabError(f"typechecker {chosen.typechecker}", "it failed", "mend what it reports above")

    def _distributions(self, chosen: toolchain.Toolchain) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self._output([chosen.python(), str(PROBE)], chosen.environment(os.environ))
        )
        return found

    def _output(self, argv: Sequence[str], env: Mapping[str, str]) -> str:
        child = self._children.start(argv, cwd=None, env=env, piped=True)
        out, err = child.communicate()
        if code := self._children.wait(child):
            said = err.decode(errors="replace").strip()
            raise LabError(argv[0], f"exit code {code}; it said: {said}", "check the virtualenv option")
        return out.decode()


@contextmanager
def refusals(context: Context) -> Iterator[None]:
    """Answer a call with the text of a `LabError` instead of a traceback."""
    try:
        yield
    except LabError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


def program_environment(chosen: toolchain.Toolchain, request: rpc.RunRequest) -> dict[str, str]:
    """The environment of a program, with the variables `pulumi/runtime/config.py` reads."""
    config = {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }
    return chosen.environment(os.environ) | config


def run_response(code: int) -> rpc.RunResponse:
    """What an exit code of a program means to the engine."""
    if code == BAIL:
        return rpc.RunResponse(bail=True)
    if code < 0:
        return rpc.RunResponse(error=f"the program was ended by {signal.Signals(-code).name}")
    return rpc.RunResponse(error=f"the program ended with exit code {code}" if code else "")


def plugin_arguments(request: rpc.RunPluginRequest) -> list[str]:
    """What Python is to run: a policy pack, a directory with a `__main__.py`, or an installed package."""
    directory = Path(request.info.program_directory)
    if request.kind == "analyzer":
        return ["-m", "pulumi.policy", *request.args, str(directory / (request.info.entry_point or "."))]
    if (directory / "__main__.py").is_file():
        return [str(directory), *request.args]
    return ["-m", "pulumi.run.plugin", toolchain.plugin_package(directory), *request.args]


def _prompt(key: str, value: str) -> rpc.RuntimeOptionPrompt:
    kind = rpc.RuntimeOptionPrompt
    choice = kind.RuntimeOptionValue(promptType=kind.STRING, stringValue=value, displayName=value)
    return kind(
        key=key, description=f"The {key} to use", promptType=kind.STRING, choices=[choice], default=choice
    )
