export { type FramingLimits, StreamFramer, type StreamItem } from '../framing/stream-framer.ts'
export { type DatagramNetwork, MemoryChannel, type MemoryChannelOptions } from './memory-channel.ts'
