// The host at the other end of the Pico's USB: rp2040js enumerates the serial port of TinyUSB; here is how bytes get there.

// port: { input, emit(bytes), ready() }. wake(): there is input.
export function connectUsb(chip, USBCDC, port) {
    const usb = chip.usbCtrl;
    const cdc = new USBCDC(usb);
    let asked = 0; // bytes that the board would take, 0: it is not ready for any

    cdc.onSerialData = (bytes) => port.emit(bytes);
    cdc.onDeviceConnected = () => port.ready();

    // rp2040js would answer at once, with nothing when there is nothing, and so keep the board from ever sleeping.
    function answer() {
        if (asked && port.input.length) {
            const bytes = port.input.take(asked);
            asked = 0;
            usb.endpointReadDone(cdc.outEndpoint, bytes);
        }
    }

    usb.onEndpointRead = (endpoint, nBytes) => {
        if (endpoint === cdc.outEndpoint) {
            asked = nBytes;
            answer();
        }
    };
    return { wake: answer };
}
