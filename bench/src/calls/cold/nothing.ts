/** A process that does nothing; tells how long that took from its start. */
process.send?.({ wall: performance.now(), cpu: process.cpuUsage() })

export {}
