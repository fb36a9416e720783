# A stand-in for OpenMV's sensor (docs.openmv.io/library/omv.sensor.html), the camera of older firmware, over that for csi.

import camera_of_csi as csi
from camera_of_csi import GRAYSCALE, QQVGA, QVGA, RGB565, VGA

_camera = csi.CSI()
reset = _camera.reset
set_pixformat = _camera.pixformat
set_framesize = _camera.framesize
set_windowing = _camera.window
snapshot = _camera.snapshot


def skip_frames(n=0, time=300):
    _camera.snapshot(time=time)
