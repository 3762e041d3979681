"""Files of formats that are not read, as their own libraries write them: compare.py has each named, and its advice run."""

import numpy

ARRAY = numpy.arange(12, dtype="f4").reshape(3, 4)
PIXELS = numpy.arange(64 * 64 * 3, dtype="u1").reshape(64, 64, 3)


def hdf5(path):
    import h5py
    for name, options in (("a.h5", {}), ("block.h5", {"userblock_size": 1024})):
        with h5py.File(path(name), "w", **options) as file:
            file["x"] = ARRAY
        yield name, "is an HDF5 file", "x"


def scipys(path):
    import scipy.io
    import scipy.sparse
    scipy.io.savemat(path("a.mat"), {"x": ARRAY})
    yield "a.mat", "is a MATLAB file", "x"
    for name, matrix in (("sparse.mtx", scipy.sparse.coo_matrix(ARRAY)), ("dense.mtx", ARRAY)):
        scipy.io.mmwrite(path(name), matrix)
        yield name, "is a Matrix Market file", None
    scipy.io.wavfile.write(path("a.wav"), 8000, ARRAY.astype("i2"))
    yield "a.wav", "is a WAV file", None


def netcdf(path):
    import netCDF4
    for form, begins in (("NETCDF3_CLASSIC", "is a NetCDF file"), ("NETCDF3_64BIT_DATA", "is a NetCDF file"),
                         ("NETCDF4", "is an HDF5 file")):
        with netCDF4.Dataset(path(form + ".nc"), "w", format=form) as file:
            file.createDimension("n", 3)
            file.createVariable("x", "f4", ("n",))[:] = ARRAY[:, 0]
        yield form + ".nc", begins, "x"


def arrow(path):
    import pyarrow
    import pyarrow.feather
    import pyarrow.orc
    import pyarrow.parquet
    table = pyarrow.table({"x": ARRAY[0], "s": list("abcd")})
    pyarrow.parquet.write_table(table, path("a.parquet"))
    yield "a.parquet", "is a Parquet file", None
    pyarrow.feather.write_feather(table, path("a.feather"))
    yield "a.feather", "is an Arrow file", None
    pyarrow.feather.write_feather(table.select(["x"]), path("v1.feather"), version=1)
    yield "v1.feather", "is a Feather file of version 1", None
    pyarrow.orc.write_table(table, path("a.orc"))
    yield "a.orc", "is an ORC file", None
    with pyarrow.OSFile(path("a.arrows"), "wb") as file, pyarrow.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    yield "a.arrows", "is an Arrow stream", None


def onnx(path):
    import onnx as library
    from onnx import helper, numpy_helper
    float_type = library.TensorProto.FLOAT
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
                              [helper.make_tensor_value_info("x", float_type, [1, 3])],
                              [helper.make_tensor_value_info("y", float_type, [1, 4])],
                              [numpy_helper.from_array(ARRAY, "w")])
    for name, more in (("a.onnx", {}), ("b.onnx", {"producer_name": "pytorch", "producer_version": "2.0"})):
        library.save(helper.make_model(graph, **more), path(name))
        yield name, "is an ONNX model", None


def images(path):
    from PIL import Image
    import tifffile
    image = Image.fromarray(PIXELS)
    for ending, begins in (("png", "PNG"), ("jpg", "JPEG"), ("gif", "GIF"), ("bmp", "BMP"), ("tif", "TIFF"),
                           ("webp", "WebP"), ("ico", "icon"), ("ppm", "Netpbm"), ("jp2", "JPEG 2000")):
        image.save(path("a." + ending))
        yield "a." + ending, "is an " + begins if begins == "icon" else "is a " + begins, None
    for name, options, begins in (("big.tif", {"bigtiff": True}, "is a BigTIFF image"),
                                  ("swapped.tif", {"byteorder": ">"}, "is a TIFF image")):
        tifffile.imwrite(path(name), ARRAY, **options)
        yield name, begins, None


def science(path):
    from astropy.io import fits
    import asdf
    import nibabel
    import nrrd
    fits.writeto(path("a.fits"), ARRAY, overwrite=True)
    yield "a.fits", "is a FITS file", None
    for name, kind in (("1.nii", nibabel.Nifti1Image), ("2.nii", nibabel.Nifti2Image)):
        nibabel.save(kind(ARRAY.reshape(3, 4, 1), numpy.eye(4)), path(name))
        yield name, "is a NIfTI file", None
    nrrd.write(path("a.nrrd"), ARRAY)
    yield "a.nrrd", "is an NRRD file", None
    asdf.AsdfFile({"x": ARRAY}).write_to(path("a.asdf"))
    yield "a.asdf", "is an ASDF file", None


def others(path):
    import blosc2
    import fastavro
    import gguf
    import soundfile
    import zarr
    blosc2.asarray(ARRAY, urlpath=path("a.b2nd"), mode="w")
    yield "a.b2nd", "is a Blosc2 frame", None
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]}
    with open(path("a.avro"), "wb") as file:
        fastavro.writer(file, schema, [{"x": 1}])
    yield "a.avro", "is an Avro file", None
    writer = gguf.GGUFWriter(path("a.gguf"), "llama")
    writer.add_tensor("t", ARRAY)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        step()
    yield "a.gguf", "is a GGUF model", None
    soundfile.write(path("a.flac"), ARRAY.ravel() / 20, 8000)
    yield "a.flac", "is a FLAC file", None
    soundfile.write(path("a.au"), ARRAY.ravel() / 20, 8000)
    yield "a.au", "is an AU sound file", None
    soundfile.write(path("a.caf"), ARRAY.ravel() / 20, 8000)
    yield "a.caf", "is a CAF sound file", None
    for version in 2, 3:
        zarr.create_array(path("array%d.zarr" % version), data=ARRAY, zarr_format=version)
        yield "array%d.zarr" % version, "is a directory, a Zarr array", None
        group = zarr.open_group(path("group%d.zarr" % version), mode="w", zarr_format=version)
        group.create_array("x", data=ARRAY)
        yield "group%d.zarr" % version, "is a directory, a Zarr group", None


def make(facts):
    for maker in (hdf5, scipys, netcdf, arrow, onnx, images, science, others):
        for file, begins, name in maker(facts.path):
            facts.foreign(file, begins, name)
