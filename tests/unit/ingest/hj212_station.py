"""What a station of HJ 212 writes, for tests: an encoder that shares nothing with the codec."""


def checksum(data: str) -> str:
    value = 0xFFFF
    for letter in data:
        value = value // 256 ^ ord(letter)
        for _ in range(8):
            value, odd = divmod(value, 2)
            value ^= 0xA001 * odd
    return f"{value:04X}"


def packet(content: str, *, more: str = "", **fields: str) -> bytes:
    usual = {
        "QN": "20260612080503123",
        "ST": "21",
        "CN": "2011",
        "PW": "123456",
        "MN": "TEST0000000000000001",
        "Flag": "5",
    }
    named = ";".join(f"{name}={value}" for name, value in {**usual, **fields}.items())
    data = f"{named};{more}CP=&&{content}&&"
    return f"##{len(data):04d}{data}{checksum(data)}\r\n".encode()
