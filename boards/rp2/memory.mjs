// The chip's RAM and flash read and written as arrays of words, for which rp2040js takes a quarter longer in all: the way of nearly
// every access. What is neither, or not aligned, goes the way of rp2040js.

const RAM = 0x20000000, FLASH = 0x10000000;

export function quicken(chip) {
    const { sram, flash, flash16 } = chip;
    const { readUint32, readUint16, writeUint32 } = chip;
    const ram32 = new Uint32Array(sram.buffer), ram16 = new Uint16Array(sram.buffer), flash32 = new Uint32Array(flash.buffer);
    const ramBytes = sram.length, flashBytes = flash.length;

    chip.readUint32 = (address) => {
        const inRam = (address - RAM) >>> 0, inFlash = (address - FLASH) >>> 0;
        if (inRam < ramBytes && (address & 3) === 0) {
            return ram32[inRam >> 2];
        }
        if (inFlash < flashBytes && (address & 3) === 0) {
            return flash32[inFlash >> 2];
        }
        return readUint32.call(chip, address);
    };

    chip.readUint16 = (address) => {
        const inRam = (address - RAM) >>> 0, inFlash = (address - FLASH) >>> 0;
        if (inFlash < flashBytes && (address & 1) === 0) {
            return flash16[inFlash >> 1];
        }
        if (inRam < ramBytes && (address & 1) === 0) {
            return ram16[inRam >> 1];
        }
        return readUint16.call(chip, address);
    };

    chip.writeUint32 = (address, value) => {
        const inRam = (address - RAM) >>> 0;
        if (inRam < ramBytes && (address & 3) === 0) {
            ram32[inRam >> 2] = value;
        } else {
            writeUint32.call(chip, address, value);
        }
    };
}
