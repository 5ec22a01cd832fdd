export { type DatagramNetwork, MemoryChannel, type MemoryChannelOptions } from './memory-channel.ts'
