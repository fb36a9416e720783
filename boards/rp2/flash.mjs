// The flash of a Pico: the firmware at its start, the filesystem in its last bytes, which are a file on the host.
// Each erase and each program operation is with the host's kernel before the core goes on, so what littlefs promises about a
// power cut holds for an emulator that is killed. They take no time here; a chip's take 45 ms a sector and 0.4 ms a page.

import fs from 'node:fs';

const FLASH_BYTES = 2 * 1024 * 1024;

export class Flash {
    constructor(file, fileBytes, firmware) {
        this.start = FLASH_BYTES - fileBytes;
        if (firmware.length > this.start) {
            throw new Error(`the firmware's ${firmware.length} bytes reach into the filesystem, at ${this.start}`);
        }
        this.file = fs.openSync(file, 'r+');
        this.bytes = new Uint8Array(FLASH_BYTES).fill(0xff);
        this.bytes.set(firmware);
        fs.readSync(this.file, this.bytes, this.start, fileBytes, 0);
    }

    // Gives `chip` this content; it keeps a copy.
    connect(chip) {
        this.chip = chip;
        chip.flash.set(this.bytes);
    }

    erase(address, nBytes) {
        this.change(address, new Uint8Array(nBytes).fill(0xff));
    }

    // Bits only go from 1 to 0.
    program(address, data) {
        this.change(address, data.map((byte, i) => byte & this.bytes[address + i]));
    }

    change(address, data) {
        this.bytes.set(data, address);
        this.chip.flash.set(data, address);
        if (address >= this.start) {
            fs.writeSync(this.file, data, 0, data.length, address - this.start);
        }
    }
}
