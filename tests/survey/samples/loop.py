"""What uvloop's transports take buffers for."""
import asyncio
import socket

import uvloop


def send(buffer):
    async def run():
        left, right = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=left)
        writer.write(buffer)
        await writer.drain()
        writer.close()
        right.setblocking(False)
        return right.recv(1000) if len(memoryview(buffer).tobytes()) > 0 else b""

    return uvloop.new_event_loop().run_until_complete(run())


def receive(buffer):
    async def run():
        left, right = socket.socketpair()
        left.setblocking(False)
        right.send(b"0123")
        return await asyncio.get_running_loop().sock_recv_into(left, buffer)

    return uvloop.new_event_loop().run_until_complete(run())
