# The attributes have OpenMV's names and forms.

import linnet
from tiny import negate, two

for blob in negate(), two():
    m = linnet.load(bytes(blob))
    print(m.name if m.labels else "no name", m.labels, m.len == len(blob), m.ram)
    print(m.input_shape, m.input_dtype, m.input_scale, m.input_zero_point)
    print(m.output_shape, m.output_dtype, m.output_scale, m.output_zero_point)
