/** Where Kubernetes writes protobuf, it begins so. */
const magic = Buffer.from('k8s\0')

/** A message's fields that hold bytes, by number, in their order; numbers in it are passed over. Throws RangeError where it is none. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const [number, type] = [Math.floor(tag / 8), tag % 8]
    if (type === 0) varint()
    else if (type === 2) {
      const length = varint()
      if (at + length > bytes.length) throw new RangeError('a field is longer than its message')
      found.set(number, [...(found.get(number) ?? []), bytes.subarray(at, at + length)])
      at += length
    } else throw new RangeError(`wire type ${type}`)
  }
  return found
}

/**
 * The names, labels and annotations of an object, out of the protobuf that `kubectl create namespace` sends instead of JSON: enough for
 * kinds of which nothing else matters. Undefined where it is no such thing.
 */
export function namesInProtobuf(body: Buffer): Record<string, unknown> | undefined {
  if (!body.subarray(0, magic.length).equals(magic)) return undefined
  try {
    const envelope = fieldsOf(body.subarray(magic.length))
    const inside = (message: Map<number, Buffer[]>, number: number) => message.get(number)?.[0] ?? Buffer.alloc(0)
    const text = (message: Map<number, Buffer[]>, number: number) => inside(message, number).toString()
    const type = fieldsOf(inside(envelope, 1))
    const metadata = fieldsOf(inside(fieldsOf(inside(envelope, 2)), 1))
    const map = (number: number) =>
      (metadata.get(number) ?? []).map(entry => fieldsOf(entry)).map(entry => [text(entry, 1), text(entry, 2)])
    return {
      apiVersion: text(type, 1),
      kind: text(type, 2),
      metadata: {
        name: text(metadata, 1),
        generateName: text(metadata, 2),
        labels: Object.fromEntries(map(11)),
        annotations: Object.fromEntries(map(12)),
      },
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
