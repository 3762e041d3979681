"""What several tests ask of NumPy's types."""


def padded(dtype):
    """Whether there are bytes that belong to no field: NumPy does not always copy them."""
    if dtype.subdtype:
        return padded(dtype.subdtype[0])
    if dtype.names:
        fields = [dtype[name] for name in dtype.names]
        return dtype.itemsize != sum(field.itemsize for field in fields) or any(map(padded, fields))
    return False
