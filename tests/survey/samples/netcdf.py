"""What netCDF4 takes buffers for."""
import netCDF4


def fill(buffer):
    file = netCDF4.Dataset("memory", "w", memory=1024)
    file.createDimension("x", 12)
    variable = file.createVariable("v", "f8", ("x",))
    variable[:] = buffer
    return variable[:].tolist()
