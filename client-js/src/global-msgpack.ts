/** The client for `<script src="hawser.msgpack.js">`: what hawser.js has, and MessagePack as `hawser.msgpack`. */

import { msgpack } from "./codecs/msgpack.js"
import * as hawser from "./all.js"

Object.assign(globalThis, { hawser: { ...hawser, msgpack } })
