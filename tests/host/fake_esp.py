"""A stand-in for the ROM loader of an ESP32 chip, and for esptool's stub, on a pty: enough of the serial protocol to be flashed.

Written from docs.espressif.com/projects/esptool, "Serial Protocol". Code that is loaded into RAM is not run: that it was asked
for is answered as the stub does, and from then on status and MD5 are the stub's.
"""

import hashlib
import os
import select
import struct
import threading
import tty
import zlib

FLASH_BEGIN, FLASH_DATA, FLASH_END, MEM_BEGIN, MEM_END, MEM_DATA, SYNC, WRITE_REG, READ_REG = range(0x02, 0x0B)
SPI_SET_PARAMS, SPI_ATTACH, CHANGE_BAUDRATE = 0x0B, 0x0D, 0x0F
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5, SECURITY_INFO = range(0x10, 0x15)
ERASE_FLASH, READ_FLASH = 0xD0, 0xD2
MAGIC_REGISTER = 0x40001000
INVALID = 0x05  # "received message is invalid": what a ROM says of a command it does not know
CHECKSUM_SEED = 0xEF

# How each chip says what it is: with a magic number in its ROM, or in its security information.
CHIPS = {"ESP32": (0x00F01D83, None), "ESP32-S2": (0x000007C6, None), "ESP32-S3": (0, 9), "ESP32-C3": (0, 5), "ESP32-C6": (0, 13)}


class FakeEsp:
    """A chip with flash_bytes of flash. port: its name; flash: its contents; log: names of what was asked, once each.

    damage: what is written turns out otherwise; mute: it never answers.
    """

    def __init__(self, chip="ESP32", flash_bytes=4 << 20, damage=False, mute=False):
        self.magic, self.chip_id = CHIPS[chip]
        self.flash = bytearray(b"\x5a" * flash_bytes)
        self.registers = {MAGIC_REGISTER: self.magic}
        self.stub, self.damage, self.mute, self.erased, self.stub_bytes = False, damage, mute, False, 0
        self.master, self._slave = os.openpty()
        tty.setraw(self.master)
        self.port = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        os.write(self._stop_write, b"x")
        self._thread.join()
        for descriptor in (self.master, self._slave, self._stop_read, self._stop_write):
            os.close(descriptor)

    def _serve(self):
        packet = None  # bytes since a frame began, escapes still in it
        while True:
            ready = select.select([self.master, self._stop_read], [], [])[0]
            if self._stop_read in ready:
                return
            for byte in os.read(self.master, 65536):
                if byte != 0xC0:
                    if packet is not None:
                        packet.append(byte)
                elif packet:
                    if not self.mute:
                        self._answer(bytes(packet).replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
                    packet = None
                else:
                    packet = bytearray()

    def _send(self, body):
        framed = b"\xc0" + body.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
        while framed:
            framed = framed[os.write(self.master, framed) :]

    def _reply(self, op, value=0, data=b"", error=0):
        status = bytes([1 if error else 0, error]) + (b"" if self.stub else b"\0\0")
        self._send(struct.pack("<BBHI", 1, op, len(data) + len(status), value) + data + status)

    def _answer(self, request):
        direction, op, n_bytes, checksum = struct.unpack_from("<BBHI", request)
        data = request[8:]
        assert direction == 0 and len(data) == n_bytes, request[:16].hex()
        if op in (FLASH_DATA, MEM_DATA, DEFL_DATA):
            block = data[16:]
            assert struct.unpack_from("<I", data)[0] == len(block)
            right = CHECKSUM_SEED
            for byte in block:
                right ^= byte
            if checksum != right:
                return self._reply(op, error=0x07)
        if op == SYNC:
            assert data == b"\x07\x07\x12\x20" + b"\x55" * 32
            self.stub = False  # esptool has reset the chip
            for _ in range(8):
                self._reply(op, value=0x20120707)
        elif op == SECURITY_INFO and self.chip_id is None or op >= ERASE_FLASH and not self.stub:
            self._reply(op, error=INVALID)
        elif op == SECURITY_INFO:
            self._reply(op, data=struct.pack("<IB7sII", 0, 0, bytes(7), self.chip_id, 0))
        elif op == READ_REG:
            self._reply(op, value=self.registers.get(struct.unpack("<I", data[:4])[0], 0))
        elif op == MD5:
            address, size = struct.unpack_from("<II", data)
            digest = hashlib.md5(self.flash[address : address + size])
            self._reply(op, data=digest.digest() if self.stub else digest.hexdigest().encode())
        elif op == MEM_DATA:
            self.stub_bytes += len(block)
            self._reply(op)
        elif op == MEM_END:
            self._reply(op)
            self.stub = self.stub_bytes > 0
            self._send(b"OHAI")
        else:
            if op in (FLASH_BEGIN, DEFL_BEGIN):
                size, _, _, self.at = struct.unpack_from("<IIII", data)
                self.size_left = size
                self.inflate = zlib.decompressobj() if op == DEFL_BEGIN else None
                self._fill(self.at, -(-size // 4096) * 4096)
            elif op in (FLASH_DATA, DEFL_DATA):
                self._write(self.inflate.decompress(block) if self.inflate else block)
            elif op == ERASE_FLASH:
                self._fill(0, len(self.flash))
                self.erased = True
            self._reply(op)

    def _fill(self, start, n_bytes):
        self.flash[start : start + n_bytes] = b"\xff" * min(n_bytes, len(self.flash) - start)

    def _write(self, data):
        data = data[: self.size_left]
        if self.damage and len(data) > 100:
            data = data[:100] + bytes([data[100] ^ 1]) + data[101:]
        self.flash[self.at : self.at + len(data)] = data
        self.at += len(data)
        self.size_left -= len(data)
