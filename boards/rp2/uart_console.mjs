// The serial port on UART0. Input comes at the speed of a fast line: without a pace it would overrun the board's buffer.

const BYTE_NS = 1e10 / 921600; // 10 bits
const TRANSMIT = 1 << 5; // of the interrupt flags
const FIFO_BYTES = 16;

// rp2040js claims at every access that room for output has just appeared; MicroPython's port never gets out of that interrupt.
export function calmUart(chip) {
    const uart = chip.uart[0];
    uart.checkInterrupts = () => chip.setInterrupt(uart.irq, (uart.interruptStatus & uart.interruptMask & ~TRANSMIT) !== 0);
}

// port: { input, emit(bytes), ready() }. wake(): there is input.
export function connectUart(chip, port) {
    const uart = chip.uart[0];
    let busy = false;

    uart.onByte = (byte) => {
        port.ready();
        port.emit([byte]);
    };

    const alarm = chip.clock.createAlarm(() => {
        if (uart.rxFIFO.itemCount < FIFO_BYTES) {
            uart.feedByte(port.input.take(1)[0]);
        }
        busy = false;
        wake();
    });

    function wake() {
        if (!busy && port.input.length) {
            busy = true;
            alarm.schedule(BYTE_NS);
        }
    }
    return { wake };
}
