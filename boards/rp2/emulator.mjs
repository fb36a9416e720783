// A Raspberry Pi Pico: the RP2040 of npm's rp2040js with our boot ROM, a firmware, and the firmware's filesystem in a file.
// Standard input and output are its serial port, over USB or UART0. Standard error tells why it ended.
//
//   node emulator.mjs --rp2040js DIR --rom FILE --firmware FILE --flash FILE --flash-bytes N [--console usb|uart] [--ready FD]
//
// Descriptor FD gets a byte as soon as the port works, and is closed.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Flash } from './flash.mjs';
import { Input } from './input.mjs';
import { quicken } from './memory.mjs';
import { calmUart, connectUart } from './uart_console.mjs';
import { connectUsb } from './usb_console.mjs';

const { values: options } = parseArgs({
    options: {
        rp2040js: { type: 'string' },
        rom: { type: 'string' },
        firmware: { type: 'string' },
        flash: { type: 'string' },
        'flash-bytes': { type: 'string' },
        console: { type: 'string', default: 'usb' },
        ready: { type: 'string' },
    },
});
const load = (file) => import(pathToFileURL(path.join(options.rp2040js, 'dist/esm', file)));
const { RP2040 } = await load('rp2040.js');
const { USBCDC } = await load('usb/cdc.js');

const WATCHDOG = 0x40058;
const ROM_WORDS = 4096;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
console.warn = () => {}; // like the loggers, rp2040js tells of every register that it lacks
const SLICE = 20000; // instructions between two looks at the world outside
const SOON_NS = 200e3; // a sleeping core is woken at once for what comes so soon, without asking the host's clock
const FULL_MS = 5; // between two tries to write to a port that nobody reads

const flash = new Flash(options.flash, Number(options['flash-bytes']), fs.readFileSync(options.firmware));
const rom = new Uint32Array(ROM_WORDS);
new Uint8Array(rom.buffer).set(fs.readFileSync(options.rom));

const input = new Input();
let output = []; // bytes that the port has still to take
let chip, serial, resetting;

// Number of a breakpoint in boot_rom.S -> what it does. Arguments are in r0 to r2.
const TRAPS = {
    0xe1: ([address, nBytes]) => flash.erase(address, nBytes),
    0xe2: ([address, data, nBytes]) => flash.program(address, Uint8Array.from({ length: nBytes }, (_, i) => chip.readUint8(data + i))),
    0xe3: () => end('the board waits for firmware over USB (BOOTSEL), which is not emulated.', 0),
    0xe4: () => end(`a function of the boot ROM is missing in ours, called from ${hex(chip.core.LR)}.`, 1),
    0xe5: () => end(`hard fault; the stack: ${stack()}`, 1),
};

function hex(word) {
    return (word >>> 0).toString(16).padStart(8, '0');
}

function stack() {
    return Array.from({ length: 24 }, (_, i) => hex(chip.readUint32((chip.core.SP + 4 * i) >>> 0))).join(' ');
}

function end(why, code) {
    flushOutput();
    console.error(`rp2040: ${why}`);
    process.exit(code);
}

// What a reset leaves as it was: flash and the watchdog's memory of why it was.
function powerOn() {
    const before = chip && chip.peripherals[WATCHDOG];
    chip = new RP2040();
    chip.logger = SILENT;
    chip.loadBootrom(rom);
    flash.connect(chip);
    calmUart(chip);
    quicken(chip);
    chip.onBreak = (number) => (TRAPS[number] ?? (() => end(`breakpoint ${number} at ${hex(chip.core.PC)}.`, 1)))(chip.core.registers);
    const watchdog = chip.peripherals[WATCHDOG];
    watchdog.onWatchdogTrigger = () => (resetting = true);
    if (before) {
        watchdog.scratchData = before.scratchData;
        watchdog.reason = before.reason;
    }
    resetting = false;
    const port = { input, emit: (bytes) => output.push(...bytes), ready };
    serial = options.console === 'uart' ? connectUart(chip, port) : connectUsb(chip, USBCDC, port);
}

function ready() {
    if (options.ready) {
        fs.writeSync(Number(options.ready), '.');
        fs.closeSync(Number(options.ready));
        options.ready = undefined;
    }
}

// Virtual time follows the cycles while the core runs, and the host's clock while it sleeps.
let sleepingSince = null; // the host's clock, ns

// Lets time pass for a core that sleeps. Gives the milliseconds until something may wake it: 0, it is awake.
function sleep() {
    const { clock, core } = chip;
    while (core.waiting && clock.nextAlarm && clock.nanosToNextAlarm <= SOON_NS) {
        clock.tick(clock.nanosToNextAlarm);
    }
    if (core.waiting) {
        const now = performance.now() * 1e6;
        const slept = sleepingSince === null ? 0 : now - sleepingSince;
        sleepingSince = now;
        clock.tick(clock.nextAlarm ? Math.min(slept, clock.nanosToNextAlarm) : slept);
    }
    if (!core.waiting) {
        sleepingSince = null;
        return 0;
    }
    return clock.nextAlarm ? clock.nanosToNextAlarm / 1e6 : Infinity;
}

// Runs a slice. Gives the milliseconds that the core then sleeps.
function slice() {
    const { clock, core } = chip;
    const nanosPerCycle = 1e9 / chip.clkSys;
    for (let i = 0; i < SLICE && !resetting; i++) {
        if (core.waiting) {
            const milliseconds = sleep();
            if (milliseconds > 0) {
                return milliseconds;
            }
        }
        const nanos = core.executeInstruction() * nanosPerCycle;
        if (clock.nextAlarm && clock.nextAlarm.nanos <= clock.nanosCounter + nanos) {
            clock.tick(nanos);
        } else {
            clock.nanosCounter += nanos;
        }
    }
    return 0;
}

// Writes what the port takes. Gives whether that was all.
function flushOutput() {
    while (output.length) {
        try {
            output = output.slice(fs.writeSync(1, Uint8Array.from(output)));
        } catch (error) {
            if (error.code === 'EAGAIN') {
                return false;
            }
            process.exit(0); // nobody holds the port any more
        }
    }
    return true;
}

let resting = false, timer;

function turn() {
    resting = false;
    // A board whose output is not read waits.
    const milliseconds = flushOutput() ? slice() : FULL_MS;
    if (resetting) {
        powerOn();
    }
    flushOutput();
    if (milliseconds === 0) {
        setImmediate(turn);
    } else {
        resting = true;
        timer = milliseconds === Infinity ? undefined : setTimeout(turn, milliseconds);
    }
}

process.stdin.on('data', (bytes) => {
    input.put(bytes);
    serial.wake();
    if (resting) {
        clearTimeout(timer);
        resting = false;
        setImmediate(turn);
    }
});
process.stdin.on('error', () => process.exit(0));
process.stdin.on('end', () => process.exit(0));

powerOn();
turn();
