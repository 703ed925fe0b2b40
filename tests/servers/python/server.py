"""python-socketio under the control protocol of tests/servers/README.md.

It adds no behaviour of its own beyond what that page lists.
"""

import argparse
import asyncio
import base64
import json
import os
import ssl
import sys
import threading
import traceback
from urllib.parse import parse_qsl

import socketio
from aiohttp import web


def log(entry):
    """Writes one line of the log."""
    sys.stdout.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def fail(message):
    """Says what is wrong and ends: a test that asks for the impossible has to fail loudly."""
    log({"on": "problem", "message": message})
    os._exit(2)


def to_log(value):
    """Bytes at any depth become {"base64": "…"}."""
    if isinstance(value, (bytes, bytearray)):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [to_log(inner) for inner in value]
    if isinstance(value, dict):
        return {key: to_log(inner) for key, inner in value.items()}
    return value


def from_command(value):
    """{"base64": "…"} at any depth becomes bytes."""
    if isinstance(value, list):
        return [from_command(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["base64"] and isinstance(value["base64"], str):
        return base64.b64decode(value["base64"])
    return {key: from_command(inner) for key, inner in value.items()}


class AcceptedNamespaces:
    """The namespaces this server lets in; the library asks with `in` only."""

    def __contains__(self, namespace):
        return namespace in ("/", "/admin") or (
            namespace.startswith("/room-") and len(namespace) > len("/room-")
        )


def headers_of(environ):
    """Lower-case HTTP headers, as Node shows them."""
    headers = {
        key[len("HTTP_"):].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            headers[key.replace("_", "-").lower()] = environ[key]
    return headers


class TestServer:
    """The server and the commands a test can give it."""

    FLOOD_STEP = 500

    def __init__(self, options):
        self.options = options
        self.thirds = 0
        self.sio = socketio.AsyncServer(
            async_mode="aiohttp",
            namespaces=AcceptedNamespaces(),
            ping_interval=options.ping_interval / 1000,
            ping_timeout=options.ping_timeout / 1000,
            max_http_buffer_size=options.max_payload,
            serializer="msgpack" if options.msgpack else "default",
        )
        self.sio.on("connect", self.on_connect, namespace="*")
        self.sio.on("disconnect", self.on_disconnect, namespace="*")
        self.sio.on("*", self.on_event, namespace="*")

    async def on_connect(self, namespace, sid, environ, auth=None):
        auth = {} if auth is None else auth
        if namespace == "/admin" and not (isinstance(auth, dict) and auth.get("token") == "secret"):
            raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 401})
        log({
            "on": "connect",
            "namespace": namespace,
            "sid": sid,
            "auth": to_log(auth),
            "query": dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            "headers": headers_of(environ),
        })

    async def on_disconnect(self, namespace, sid, reason):
        log({"on": "disconnect", "namespace": namespace, "sid": sid, "reason": reason})

    async def on_event(self, name, namespace, sid, *args):
        log({"on": "event", "namespace": namespace, "sid": sid, "name": name, "args": to_log(args)})
        if name == "echo":
            await self.sio.emit("echo", tuple(args), to=sid, namespace=namespace)
            return tuple(args)
        if name == "third":
            self.thirds += 1
            if self.thirds % 3 != 0:
                # What returns is acknowledged.
                await asyncio.Event().wait()
        return ()

    def clients_of(self, namespace):
        """(session id, engine id) of those connected in a namespace, copied since they may leave meanwhile."""
        clients = list(self.sio.manager.get_participants(namespace, None))
        if not clients:
            log({"on": "nobody", "namespace": namespace})
        return clients

    async def emit(self, namespace, name, args):
        for sid, _ in self.clients_of(namespace):
            await self.sio.emit(name, tuple(from_command(args)), to=sid, namespace=namespace)

    async def ask(self, namespace, name, args):
        for sid, _ in self.clients_of(namespace):
            def answered(*answer, sid=sid):
                log({"on": "ack", "namespace": namespace, "sid": sid, "name": name, "args": to_log(answer)})

            await self.sio.emit(
                name, tuple(from_command(args)), to=sid, namespace=namespace, callback=answered
            )

    async def flood(self, namespace, name, count, size):
        clients = []
        for index in range(count):
            if index % self.FLOOD_STEP == 0:
                # Heartbeats and those who left get their turn.
                await asyncio.sleep(0)
                clients = self.clients_of(namespace)
            text = f"{index} ".ljust(size, "x")[:size]
            for sid, _ in clients:
                await self.sio.emit(name, text, to=sid, namespace=namespace)
        log({"on": "flooded", "namespace": namespace, "name": name, "count": count})

    async def disconnect_clients(self, close):
        engines = set()
        for namespace in list(self.sio.manager.get_namespaces()):
            for sid, engine in list(self.sio.manager.get_participants(namespace, None)):
                engines.add(engine)
                await self.sio.disconnect(sid, namespace=namespace)
        for engine in engines if close else ():
            await self.sio.eio.disconnect(engine)

    async def quit(self):
        os._exit(0)

    async def handle_line(self, line):
        try:
            command = json.loads(line)
            name = command.pop("do")
            if name not in ("emit", "ask", "flood", "disconnect_clients", "quit"):
                raise ValueError("unknown command")
            await getattr(self, name)(**command)
        except Exception as error:
            fail(f"{line.strip()}: {error!r}\n{traceback.format_exc()}")

    def tls_context(self):
        """With a certificate the server speaks https."""
        if not self.options.tls_certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.options.tls_certificate, self.options.tls_key)
        return context

    async def run(self):
        app = web.Application()
        self.sio.attach(app)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(
            runner, "127.0.0.1", self.options.port, ssl_context=self.tls_context()
        )
        try:
            await site.start()
        except OSError as error:
            fail(str(error))
        commands = asyncio.Queue()
        read_commands(asyncio.get_running_loop(), commands)
        log({"listening": runner.addresses[0][1]})
        while True:
            await self.handle_line(await commands.get())


def read_commands(loop, commands):
    """Queues stdin's lines from a thread of its own; its end is the end of the process, at once."""

    def read():
        for line in sys.stdin:
            if line.strip():
                loop.call_soon_threadsafe(commands.put_nowait, line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ping-interval", type=int, default=25000)
    parser.add_argument("--ping-timeout", type=int, default=20000)
    parser.add_argument("--max-payload", type=int, default=1000000)
    parser.add_argument("--msgpack", type=int, default=0)
    parser.add_argument("--tls-certificate", default="")
    parser.add_argument("--tls-key", default="")
    asyncio.run(TestServer(parser.parse_args()).run())


if __name__ == "__main__":
    main()
