#!/usr/bin/python3
"""A Modbus TCP meter, by pymodbus.

    device.py sunspec|eastron PORT
"""
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartTcpServer


def sunspec():
    """Common block, then model 203: 12.34 A, 5 A and 0 A, -2.5 kW of which L1 has -1 kW."""
    model = [0x8000] * 105
    model[1:5] = [1234, 500, 0, 0x10000 - 2]
    model[16:21] = [0x10000 - 250, 0x10000 - 100, 0x10000 - 100, 0x10000 - 50, 1]
    return [0x5375, 0x6E53, 1, 66, *[0] * 66, 203, 105, *model, 0xFFFF, 0]


def eastron():
    registers = [0] * 100
    for at, value in ((6, 20.0), (8, 0.0), (10, 0.0), (12, 4600.0), (52, 4600.0)):
        registers[at:at + 2] = struct.unpack(">HH", struct.pack(">f", value))
    return registers


def main():
    kind, port = sys.argv[1], int(sys.argv[2])
    blocks = {"hr": ModbusSequentialDataBlock(40000, sunspec())} if kind == "sunspec" else {"ir": ModbusSequentialDataBlock(0, eastron())}
    store = ModbusSlaveContext(zero_mode=True, **blocks)
    StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=("127.0.0.1", port))


main()
