/** The client for `<script src="hawser.msgpack.js">`: `window.hawser`, with every transport, JSON and, as `hawser.msgpack`, MessagePack. */

import { msgpack } from "./codecs/msgpack.js"
import * as hawser from "./index.js"

Object.assign(globalThis, { hawser: { ...hawser, msgpack } })
