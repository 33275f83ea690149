/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError, $TypeError = $util.global.TypeError, $Number = $util.global.Number, $String = $util.global.String, $parseInt = $util.global.parseInt, $BigInt = $util.global.BigInt, $Array = $util.global.Array, $Boolean = $util.global.Boolean, $isFinite = $util.global.isFinite;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const skein = $root.skein = (() => {

    /**
     * Namespace skein.
     * @exports skein
     * @namespace
     */
    const skein = {};

    skein.Envelope = (function() {

        /**
         * Properties of an Envelope.
         * @typedef {Object} skein.Envelope.$Properties
         * @property {number|null} [version] Envelope version
         * @property {string|null} [fleet] Envelope fleet
         * @property {string|null} [device] Envelope device
         * @property {string|null} [task] Envelope task
         * @property {number|null} [round] Envelope round
         * @property {string|null} [kind] Envelope kind
         * @property {number|null} [sequence] Envelope sequence
         * @property {Uint8Array|null} [hash] Envelope hash
         * @property {Uint8Array|null} [payload] Envelope payload
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Envelope.
         * @memberof skein
         * @interface IEnvelope
         * @augments skein.Envelope.$Properties
         * @deprecated Use skein.Envelope.$Properties instead.
         */

        /**
         * Shape of an Envelope.
         * @typedef {skein.Envelope.$Properties} skein.Envelope.$Shape
         */

        /**
         * Constructs a new Envelope.
         * @memberof skein
         * @classdesc Represents an Envelope.
         * @constructor
         * @param {skein.Envelope.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Envelope = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Envelope version.
         * @member {number} version
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.version = 0;

        /**
         * Envelope fleet.
         * @member {string} fleet
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.fleet = "";

        /**
         * Envelope device.
         * @member {string} device
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.device = "";

        /**
         * Envelope task.
         * @member {string} task
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.task = "";

        /**
         * Envelope round.
         * @member {number} round
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.round = 0;

        /**
         * Envelope kind.
         * @member {string} kind
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.kind = "";

        /**
         * Envelope sequence.
         * @member {number} sequence
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Envelope hash.
         * @member {Uint8Array} hash
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.hash = $util.newBuffer([]);

        /**
         * Envelope payload.
         * @member {Uint8Array} payload
         * @memberof skein.Envelope
         * @instance
         */
        Envelope.prototype.payload = $util.newBuffer([]);

        /**
         * Creates a new Envelope instance using the specified properties.
         * @function create
         * @memberof skein.Envelope
         * @static
         * @param {skein.Envelope.$Properties=} [properties] Properties to set
         * @returns {skein.Envelope} Envelope instance
         * @type {{
         *   (properties: skein.Envelope.$Shape): skein.Envelope & skein.Envelope.$Shape;
         *   (properties?: skein.Envelope.$Properties): skein.Envelope;
         * }}
         */
        Envelope.create = function(properties) {
            return new Envelope(properties);
        };

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link skein.Envelope.verify|verify} messages.
         * @function encode
         * @memberof skein.Envelope
         * @static
         * @param {skein.Envelope.$Properties} message Envelope message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Envelope.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.version);
            if (message.fleet != null && $Object.hasOwnProperty.call(message, "fleet") && message.fleet !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.fleet);
            if (message.device != null && $Object.hasOwnProperty.call(message, "device") && message.device !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.device);
            if (message.task != null && $Object.hasOwnProperty.call(message, "task") && message.task !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.task);
            if (message.round != null && $Object.hasOwnProperty.call(message, "round") && message.round !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.round);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.kind);
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.sequence);
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.hash);
            if (message.payload != null && $Object.hasOwnProperty.call(message, "payload") && message.payload.length)
                writer.uint32(/* id 9, wireType 2 =*/74).bytes(message.payload);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Envelope
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Envelope & skein.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Envelope.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Envelope();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.version = value;
                        else
                            delete message.version;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.fleet = value;
                        else
                            delete message.fleet;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.device = value;
                        else
                            delete message.device;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.task = value;
                        else
                            delete message.task;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.round = value;
                        else
                            delete message.round;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.sequence = value;
                        else
                            delete message.sequence;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.hash = value;
                        else
                            delete message.hash;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.payload = value;
                        else
                            delete message.payload;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an Envelope message.
         * @function verify
         * @memberof skein.Envelope
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Envelope.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                if (!$util.isInteger(message.version))
                    return "version: integer expected";
            if (message.fleet != null && $Object.hasOwnProperty.call(message, "fleet"))
                if (!$util.isString(message.fleet))
                    return "fleet: string expected";
            if (message.device != null && $Object.hasOwnProperty.call(message, "device"))
                if (!$util.isString(message.device))
                    return "device: string expected";
            if (message.task != null && $Object.hasOwnProperty.call(message, "task"))
                if (!$util.isString(message.task))
                    return "task: string expected";
            if (message.round != null && $Object.hasOwnProperty.call(message, "round"))
                if (!$util.isInteger(message.round))
                    return "round: integer expected";
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                if (!$util.isString(message.kind))
                    return "kind: string expected";
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence"))
                if (!$util.isInteger(message.sequence) && !(message.sequence && $util.isInteger(message.sequence.low) && $util.isInteger(message.sequence.high)))
                    return "sequence: integer|Long expected";
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                if (!(message.hash && typeof message.hash.length === "number" || $util.isString(message.hash)))
                    return "hash: buffer expected";
            if (message.payload != null && $Object.hasOwnProperty.call(message, "payload"))
                if (!(message.payload && typeof message.payload.length === "number" || $util.isString(message.payload)))
                    return "payload: buffer expected";
            return null;
        };

        /**
         * Creates an Envelope message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Envelope
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Envelope} Envelope
         */
        Envelope.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Envelope)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Envelope: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Envelope();
            if (object.version != null)
                if ($Number(object.version) !== 0)
                    message.version = object.version >>> 0;
            if (object.fleet != null)
                if (typeof object.fleet !== "string" || object.fleet.length)
                    message.fleet = $String(object.fleet);
            if (object.device != null)
                if (typeof object.device !== "string" || object.device.length)
                    message.device = $String(object.device);
            if (object.task != null)
                if (typeof object.task !== "string" || object.task.length)
                    message.task = $String(object.task);
            if (object.round != null)
                if ($Number(object.round) !== 0)
                    message.round = object.round >>> 0;
            if (object.kind != null)
                if (typeof object.kind !== "string" || object.kind.length)
                    message.kind = $String(object.kind);
            if (object.sequence != null)
                if (typeof object.sequence === "object" ? object.sequence.low || object.sequence.high : $Number(object.sequence) !== 0)
                    if ($util.Long)
                        message.sequence = $util.Long.fromValue(object.sequence, true);
                    else if (typeof object.sequence === "string")
                        message.sequence = $parseInt(object.sequence, 10);
                    else if (typeof object.sequence === "number")
                        message.sequence = object.sequence;
                    else if (typeof object.sequence === "object")
                        message.sequence = new $util.LongBits(object.sequence.low >>> 0, object.sequence.high >>> 0).toNumber(true);
            if (object.hash != null)
                if (object.hash.length)
                    if (typeof object.hash === "string")
                        $util.base64.decode(object.hash, message.hash = $util.newBuffer($util.base64.length(object.hash)), 0);
                    else if (object.hash.length >= 0)
                        message.hash = object.hash;
            if (object.payload != null)
                if (object.payload.length)
                    if (typeof object.payload === "string")
                        $util.base64.decode(object.payload, message.payload = $util.newBuffer($util.base64.length(object.payload)), 0);
                    else if (object.payload.length >= 0)
                        message.payload = object.payload;
            return message;
        };

        /**
         * Creates a plain object from an Envelope message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Envelope
         * @static
         * @param {skein.Envelope} message Envelope
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Envelope.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.version = 0;
                object.fleet = "";
                object.device = "";
                object.task = "";
                object.round = 0;
                object.kind = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.sequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.sequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if (options.bytes === $String)
                    object.hash = "";
                else {
                    object.hash = [];
                    if (options.bytes !== $Array)
                        object.hash = $util.newBuffer(object.hash);
                }
                if (options.bytes === $String)
                    object.payload = "";
                else {
                    object.payload = [];
                    if (options.bytes !== $Array)
                        object.payload = $util.newBuffer(object.payload);
                }
            }
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                object.version = message.version;
            if (message.fleet != null && $Object.hasOwnProperty.call(message, "fleet"))
                object.fleet = message.fleet;
            if (message.device != null && $Object.hasOwnProperty.call(message, "device"))
                object.device = message.device;
            if (message.task != null && $Object.hasOwnProperty.call(message, "task"))
                object.task = message.task;
            if (message.round != null && $Object.hasOwnProperty.call(message, "round"))
                object.round = message.round;
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                object.kind = message.kind;
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.sequence = typeof message.sequence === "number" ? $BigInt(message.sequence) : $util.Long.fromBits(message.sequence.low >>> 0, message.sequence.high >>> 0, true).toBigInt();
                else if (typeof message.sequence === "number")
                    object.sequence = options.longs === $String ? $String(message.sequence) : message.sequence;
                else
                    object.sequence = options.longs === $String ? $util.Long.prototype.toString.call(message.sequence) : options.longs === $Number ? new $util.LongBits(message.sequence.low >>> 0, message.sequence.high >>> 0).toNumber(true) : message.sequence;
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                object.hash = options.bytes === $String ? $util.base64.encode(message.hash, 0, message.hash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.hash) : message.hash;
            if (message.payload != null && $Object.hasOwnProperty.call(message, "payload"))
                object.payload = options.bytes === $String ? $util.base64.encode(message.payload, 0, message.payload.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.payload) : message.payload;
            return object;
        };

        /**
         * Converts this Envelope to JSON.
         * @function toJSON
         * @memberof skein.Envelope
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Envelope.prototype.toJSON = function() {
            return Envelope.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Envelope
         * @function getTypeUrl
         * @memberof skein.Envelope
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Envelope.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Envelope";
        };

        return Envelope;
    })();

    skein.Presence = (function() {

        /**
         * Properties of a Presence.
         * @typedef {Object} skein.Presence.$Properties
         * @property {number|null} [epoch] Presence epoch
         * @property {boolean|null} [online] Presence online
         * @property {string|null} [agentVersion] Presence agentVersion
         * @property {string|null} [profile] Presence profile
         * @property {number|null} [threads] Presence threads
         * @property {number|null} [memoryBytes] Presence memoryBytes
         * @property {number|null} [bytesLeftToday] Presence bytesLeftToday
         * @property {Array.<string>|null} [baseModels] Presence baseModels
         * @property {string|null} [release] Presence release
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Presence.
         * @memberof skein
         * @interface IPresence
         * @augments skein.Presence.$Properties
         * @deprecated Use skein.Presence.$Properties instead.
         */

        /**
         * Shape of a Presence.
         * @typedef {skein.Presence.$Properties} skein.Presence.$Shape
         */

        /**
         * Constructs a new Presence.
         * @memberof skein
         * @classdesc Represents a Presence.
         * @constructor
         * @param {skein.Presence.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Presence = function (properties) {
            this.baseModels = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Presence epoch.
         * @member {number} epoch
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Presence online.
         * @member {boolean} online
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.online = false;

        /**
         * Presence agentVersion.
         * @member {string} agentVersion
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.agentVersion = "";

        /**
         * Presence profile.
         * @member {string} profile
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.profile = "";

        /**
         * Presence threads.
         * @member {number} threads
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.threads = 0;

        /**
         * Presence memoryBytes.
         * @member {number} memoryBytes
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.memoryBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Presence bytesLeftToday.
         * @member {number} bytesLeftToday
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.bytesLeftToday = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Presence baseModels.
         * @member {Array.<string>} baseModels
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.baseModels = $util.emptyArray;

        /**
         * Presence release.
         * @member {string} release
         * @memberof skein.Presence
         * @instance
         */
        Presence.prototype.release = "";

        /**
         * Creates a new Presence instance using the specified properties.
         * @function create
         * @memberof skein.Presence
         * @static
         * @param {skein.Presence.$Properties=} [properties] Properties to set
         * @returns {skein.Presence} Presence instance
         * @type {{
         *   (properties: skein.Presence.$Shape): skein.Presence & skein.Presence.$Shape;
         *   (properties?: skein.Presence.$Properties): skein.Presence;
         * }}
         */
        Presence.create = function(properties) {
            return new Presence(properties);
        };

        /**
         * Encodes the specified Presence message. Does not implicitly {@link skein.Presence.verify|verify} messages.
         * @function encode
         * @memberof skein.Presence
         * @static
         * @param {skein.Presence.$Properties} message Presence message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Presence.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.epoch);
            if (message.online != null && $Object.hasOwnProperty.call(message, "online") && message.online !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.online);
            if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion") && message.agentVersion !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.agentVersion);
            if (message.profile != null && $Object.hasOwnProperty.call(message, "profile") && message.profile !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.profile);
            if (message.threads != null && $Object.hasOwnProperty.call(message, "threads") && message.threads !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.threads);
            if (message.memoryBytes != null && $Object.hasOwnProperty.call(message, "memoryBytes") && (typeof message.memoryBytes === "object" ? message.memoryBytes.low || message.memoryBytes.high : message.memoryBytes !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.memoryBytes);
            if (message.bytesLeftToday != null && $Object.hasOwnProperty.call(message, "bytesLeftToday") && (typeof message.bytesLeftToday === "object" ? message.bytesLeftToday.low || message.bytesLeftToday.high : message.bytesLeftToday !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.bytesLeftToday);
            if (message.baseModels != null && message.baseModels.length)
                for (let i = 0; i < message.baseModels.length; ++i)
                    writer.uint32(/* id 8, wireType 2 =*/66).string(message.baseModels[i]);
            if (message.release != null && $Object.hasOwnProperty.call(message, "release") && message.release !== "")
                writer.uint32(/* id 9, wireType 2 =*/74).string(message.release);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Presence message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Presence
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Presence & skein.Presence.$Shape} Presence
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Presence.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Presence();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.epoch = value;
                        else
                            delete message.epoch;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.online = value;
                        else
                            delete message.online;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.agentVersion = value;
                        else
                            delete message.agentVersion;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.profile = value;
                        else
                            delete message.profile;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.threads = value;
                        else
                            delete message.threads;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.memoryBytes = value;
                        else
                            delete message.memoryBytes;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.bytesLeftToday = value;
                        else
                            delete message.bytesLeftToday;
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        if (!(message.baseModels && message.baseModels.length))
                            message.baseModels = [];
                        message.baseModels.push(reader.stringVerify());
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.release = value;
                        else
                            delete message.release;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Presence message.
         * @function verify
         * @memberof skein.Presence
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Presence.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                if (!$util.isInteger(message.epoch) && !(message.epoch && $util.isInteger(message.epoch.low) && $util.isInteger(message.epoch.high)))
                    return "epoch: integer|Long expected";
            if (message.online != null && $Object.hasOwnProperty.call(message, "online"))
                if (typeof message.online !== "boolean")
                    return "online: boolean expected";
            if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion"))
                if (!$util.isString(message.agentVersion))
                    return "agentVersion: string expected";
            if (message.profile != null && $Object.hasOwnProperty.call(message, "profile"))
                if (!$util.isString(message.profile))
                    return "profile: string expected";
            if (message.threads != null && $Object.hasOwnProperty.call(message, "threads"))
                if (!$util.isInteger(message.threads))
                    return "threads: integer expected";
            if (message.memoryBytes != null && $Object.hasOwnProperty.call(message, "memoryBytes"))
                if (!$util.isInteger(message.memoryBytes) && !(message.memoryBytes && $util.isInteger(message.memoryBytes.low) && $util.isInteger(message.memoryBytes.high)))
                    return "memoryBytes: integer|Long expected";
            if (message.bytesLeftToday != null && $Object.hasOwnProperty.call(message, "bytesLeftToday"))
                if (!$util.isInteger(message.bytesLeftToday) && !(message.bytesLeftToday && $util.isInteger(message.bytesLeftToday.low) && $util.isInteger(message.bytesLeftToday.high)))
                    return "bytesLeftToday: integer|Long expected";
            if (message.baseModels != null && $Object.hasOwnProperty.call(message, "baseModels")) {
                if (!$Array.isArray(message.baseModels))
                    return "baseModels: array expected";
                for (let i = 0; i < message.baseModels.length; ++i)
                    if (!$util.isString(message.baseModels[i]))
                        return "baseModels: string[] expected";
            }
            if (message.release != null && $Object.hasOwnProperty.call(message, "release"))
                if (!$util.isString(message.release))
                    return "release: string expected";
            return null;
        };

        /**
         * Creates a Presence message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Presence
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Presence} Presence
         */
        Presence.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Presence)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Presence: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Presence();
            if (object.epoch != null)
                if (typeof object.epoch === "object" ? object.epoch.low || object.epoch.high : $Number(object.epoch) !== 0)
                    if ($util.Long)
                        message.epoch = $util.Long.fromValue(object.epoch, true);
                    else if (typeof object.epoch === "string")
                        message.epoch = $parseInt(object.epoch, 10);
                    else if (typeof object.epoch === "number")
                        message.epoch = object.epoch;
                    else if (typeof object.epoch === "object")
                        message.epoch = new $util.LongBits(object.epoch.low >>> 0, object.epoch.high >>> 0).toNumber(true);
            if (object.online != null)
                if (object.online)
                    message.online = $Boolean(object.online);
            if (object.agentVersion != null)
                if (typeof object.agentVersion !== "string" || object.agentVersion.length)
                    message.agentVersion = $String(object.agentVersion);
            if (object.profile != null)
                if (typeof object.profile !== "string" || object.profile.length)
                    message.profile = $String(object.profile);
            if (object.threads != null)
                if ($Number(object.threads) !== 0)
                    message.threads = object.threads >>> 0;
            if (object.memoryBytes != null)
                if (typeof object.memoryBytes === "object" ? object.memoryBytes.low || object.memoryBytes.high : $Number(object.memoryBytes) !== 0)
                    if ($util.Long)
                        message.memoryBytes = $util.Long.fromValue(object.memoryBytes, true);
                    else if (typeof object.memoryBytes === "string")
                        message.memoryBytes = $parseInt(object.memoryBytes, 10);
                    else if (typeof object.memoryBytes === "number")
                        message.memoryBytes = object.memoryBytes;
                    else if (typeof object.memoryBytes === "object")
                        message.memoryBytes = new $util.LongBits(object.memoryBytes.low >>> 0, object.memoryBytes.high >>> 0).toNumber(true);
            if (object.bytesLeftToday != null)
                if (typeof object.bytesLeftToday === "object" ? object.bytesLeftToday.low || object.bytesLeftToday.high : $Number(object.bytesLeftToday) !== 0)
                    if ($util.Long)
                        message.bytesLeftToday = $util.Long.fromValue(object.bytesLeftToday, true);
                    else if (typeof object.bytesLeftToday === "string")
                        message.bytesLeftToday = $parseInt(object.bytesLeftToday, 10);
                    else if (typeof object.bytesLeftToday === "number")
                        message.bytesLeftToday = object.bytesLeftToday;
                    else if (typeof object.bytesLeftToday === "object")
                        message.bytesLeftToday = new $util.LongBits(object.bytesLeftToday.low >>> 0, object.bytesLeftToday.high >>> 0).toNumber(true);
            if (object.baseModels) {
                if (!$Array.isArray(object.baseModels))
                    throw $TypeError(".skein.Presence.baseModels: array expected");
                message.baseModels = $Array(object.baseModels.length);
                for (let i = 0; i < object.baseModels.length; ++i)
                    message.baseModels[i] = $String(object.baseModels[i]);
            }
            if (object.release != null)
                if (typeof object.release !== "string" || object.release.length)
                    message.release = $String(object.release);
            return message;
        };

        /**
         * Creates a plain object from a Presence message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Presence
         * @static
         * @param {skein.Presence} message Presence
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Presence.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.baseModels = [];
            if (options.defaults) {
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.epoch = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.epoch = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.online = false;
                object.agentVersion = "";
                object.profile = "";
                object.threads = 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.memoryBytes = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.memoryBytes = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.bytesLeftToday = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.bytesLeftToday = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.release = "";
            }
            if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.epoch = typeof message.epoch === "number" ? $BigInt(message.epoch) : $util.Long.fromBits(message.epoch.low >>> 0, message.epoch.high >>> 0, true).toBigInt();
                else if (typeof message.epoch === "number")
                    object.epoch = options.longs === $String ? $String(message.epoch) : message.epoch;
                else
                    object.epoch = options.longs === $String ? $util.Long.prototype.toString.call(message.epoch) : options.longs === $Number ? new $util.LongBits(message.epoch.low >>> 0, message.epoch.high >>> 0).toNumber(true) : message.epoch;
            if (message.online != null && $Object.hasOwnProperty.call(message, "online"))
                object.online = message.online;
            if (message.agentVersion != null && $Object.hasOwnProperty.call(message, "agentVersion"))
                object.agentVersion = message.agentVersion;
            if (message.profile != null && $Object.hasOwnProperty.call(message, "profile"))
                object.profile = message.profile;
            if (message.threads != null && $Object.hasOwnProperty.call(message, "threads"))
                object.threads = message.threads;
            if (message.memoryBytes != null && $Object.hasOwnProperty.call(message, "memoryBytes"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.memoryBytes = typeof message.memoryBytes === "number" ? $BigInt(message.memoryBytes) : $util.Long.fromBits(message.memoryBytes.low >>> 0, message.memoryBytes.high >>> 0, true).toBigInt();
                else if (typeof message.memoryBytes === "number")
                    object.memoryBytes = options.longs === $String ? $String(message.memoryBytes) : message.memoryBytes;
                else
                    object.memoryBytes = options.longs === $String ? $util.Long.prototype.toString.call(message.memoryBytes) : options.longs === $Number ? new $util.LongBits(message.memoryBytes.low >>> 0, message.memoryBytes.high >>> 0).toNumber(true) : message.memoryBytes;
            if (message.bytesLeftToday != null && $Object.hasOwnProperty.call(message, "bytesLeftToday"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.bytesLeftToday = typeof message.bytesLeftToday === "number" ? $BigInt(message.bytesLeftToday) : $util.Long.fromBits(message.bytesLeftToday.low >>> 0, message.bytesLeftToday.high >>> 0, true).toBigInt();
                else if (typeof message.bytesLeftToday === "number")
                    object.bytesLeftToday = options.longs === $String ? $String(message.bytesLeftToday) : message.bytesLeftToday;
                else
                    object.bytesLeftToday = options.longs === $String ? $util.Long.prototype.toString.call(message.bytesLeftToday) : options.longs === $Number ? new $util.LongBits(message.bytesLeftToday.low >>> 0, message.bytesLeftToday.high >>> 0).toNumber(true) : message.bytesLeftToday;
            if (message.baseModels && message.baseModels.length) {
                object.baseModels = $Array(message.baseModels.length);
                for (let j = 0; j < message.baseModels.length; ++j)
                    object.baseModels[j] = message.baseModels[j];
            }
            if (message.release != null && $Object.hasOwnProperty.call(message, "release"))
                object.release = message.release;
            return object;
        };

        /**
         * Converts this Presence to JSON.
         * @function toJSON
         * @memberof skein.Presence
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Presence.prototype.toJSON = function() {
            return Presence.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Presence
         * @function getTypeUrl
         * @memberof skein.Presence
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Presence.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Presence";
        };

        return Presence;
    })();

    /**
     * AdapterMode enum.
     * @name skein.AdapterMode
     * @enum {number}
     * @property {number} ADAPTER_MODE_UNSPECIFIED=0 ADAPTER_MODE_UNSPECIFIED value
     * @property {number} LORA=1 LORA value
     * @property {number} FFA=2 FFA value
     */
    skein.AdapterMode = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ADAPTER_MODE_UNSPECIFIED"] = 0;
        values[valuesById[1] = "LORA"] = 1;
        values[valuesById[2] = "FFA"] = 2;
        return values;
    })();

    /**
     * Arithmetic enum.
     * @name skein.Arithmetic
     * @enum {number}
     * @property {number} ARITHMETIC_UNSPECIFIED=0 ARITHMETIC_UNSPECIFIED value
     * @property {number} EXACT=1 EXACT value
     * @property {number} FAST=2 FAST value
     */
    skein.Arithmetic = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ARITHMETIC_UNSPECIFIED"] = 0;
        values[valuesById[1] = "EXACT"] = 1;
        values[valuesById[2] = "FAST"] = 2;
        return values;
    })();

    /**
     * Aggregation enum.
     * @name skein.Aggregation
     * @enum {number}
     * @property {number} AGGREGATION_UNSPECIFIED=0 AGGREGATION_UNSPECIFIED value
     * @property {number} MEAN=1 MEAN value
     * @property {number} WEIGHTED_MEAN=2 WEIGHTED_MEAN value
     */
    skein.Aggregation = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "AGGREGATION_UNSPECIFIED"] = 0;
        values[valuesById[1] = "MEAN"] = 1;
        values[valuesById[2] = "WEIGHTED_MEAN"] = 2;
        return values;
    })();

    skein.AdapterShape = (function() {

        /**
         * Properties of an AdapterShape.
         * @typedef {Object} skein.AdapterShape.$Properties
         * @property {skein.AdapterMode|null} [mode] AdapterShape mode
         * @property {number|null} [rank] AdapterShape rank
         * @property {number|null} [alpha] AdapterShape alpha
         * @property {Array.<string>|null} [targets] AdapterShape targets
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an AdapterShape.
         * @memberof skein
         * @interface IAdapterShape
         * @augments skein.AdapterShape.$Properties
         * @deprecated Use skein.AdapterShape.$Properties instead.
         */

        /**
         * Shape of an AdapterShape.
         * @typedef {skein.AdapterShape.$Properties} skein.AdapterShape.$Shape
         */

        /**
         * Constructs a new AdapterShape.
         * @memberof skein
         * @classdesc Represents an AdapterShape.
         * @constructor
         * @param {skein.AdapterShape.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const AdapterShape = function (properties) {
            this.targets = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * AdapterShape mode.
         * @member {skein.AdapterMode} mode
         * @memberof skein.AdapterShape
         * @instance
         */
        AdapterShape.prototype.mode = 0;

        /**
         * AdapterShape rank.
         * @member {number} rank
         * @memberof skein.AdapterShape
         * @instance
         */
        AdapterShape.prototype.rank = 0;

        /**
         * AdapterShape alpha.
         * @member {number} alpha
         * @memberof skein.AdapterShape
         * @instance
         */
        AdapterShape.prototype.alpha = 0;

        /**
         * AdapterShape targets.
         * @member {Array.<string>} targets
         * @memberof skein.AdapterShape
         * @instance
         */
        AdapterShape.prototype.targets = $util.emptyArray;

        /**
         * Creates a new AdapterShape instance using the specified properties.
         * @function create
         * @memberof skein.AdapterShape
         * @static
         * @param {skein.AdapterShape.$Properties=} [properties] Properties to set
         * @returns {skein.AdapterShape} AdapterShape instance
         * @type {{
         *   (properties: skein.AdapterShape.$Shape): skein.AdapterShape & skein.AdapterShape.$Shape;
         *   (properties?: skein.AdapterShape.$Properties): skein.AdapterShape;
         * }}
         */
        AdapterShape.create = function(properties) {
            return new AdapterShape(properties);
        };

        /**
         * Encodes the specified AdapterShape message. Does not implicitly {@link skein.AdapterShape.verify|verify} messages.
         * @function encode
         * @memberof skein.AdapterShape
         * @static
         * @param {skein.AdapterShape.$Properties} message AdapterShape message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        AdapterShape.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.mode != null && $Object.hasOwnProperty.call(message, "mode") && message.mode !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.mode);
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank") && message.rank !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.rank);
            if (message.alpha != null && $Object.hasOwnProperty.call(message, "alpha") && !$Object.is(message.alpha, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.alpha);
            if (message.targets != null && message.targets.length)
                for (let i = 0; i < message.targets.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.targets[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an AdapterShape message from the specified reader or buffer.
         * @function decode
         * @memberof skein.AdapterShape
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.AdapterShape & skein.AdapterShape.$Shape} AdapterShape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        AdapterShape.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.AdapterShape();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.mode = value;
                        else
                            delete message.mode;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rank = value;
                        else
                            delete message.rank;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.alpha = value;
                        else
                            delete message.alpha;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.targets && message.targets.length))
                            message.targets = [];
                        message.targets.push(reader.stringVerify());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an AdapterShape message.
         * @function verify
         * @memberof skein.AdapterShape
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        AdapterShape.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.mode != null && $Object.hasOwnProperty.call(message, "mode"))
                if (typeof message.mode !== "number" || (message.mode | 0) !== message.mode)
                    return "mode: enum value expected";
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank"))
                if (!$util.isInteger(message.rank))
                    return "rank: integer expected";
            if (message.alpha != null && $Object.hasOwnProperty.call(message, "alpha"))
                if (typeof message.alpha !== "number")
                    return "alpha: number expected";
            if (message.targets != null && $Object.hasOwnProperty.call(message, "targets")) {
                if (!$Array.isArray(message.targets))
                    return "targets: array expected";
                for (let i = 0; i < message.targets.length; ++i)
                    if (!$util.isString(message.targets[i]))
                        return "targets: string[] expected";
            }
            return null;
        };

        /**
         * Creates an AdapterShape message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.AdapterShape
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.AdapterShape} AdapterShape
         */
        AdapterShape.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.AdapterShape)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.AdapterShape: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.AdapterShape();
            if (object.mode !== 0 && (typeof object.mode !== "string" || $root.skein.AdapterMode[object.mode] !== 0))
                switch (object.mode) {
                case "ADAPTER_MODE_UNSPECIFIED":
                case 0:
                    message.mode = 0;
                    break;
                case "LORA":
                case 1:
                    message.mode = 1;
                    break;
                case "FFA":
                case 2:
                    message.mode = 2;
                    break;
                default:
                    if (typeof object.mode === "number" && (object.mode | 0) === object.mode)
                        message.mode = object.mode;
                }
            if (object.rank != null)
                if ($Number(object.rank) !== 0)
                    message.rank = object.rank >>> 0;
            if (object.alpha != null)
                if (!$Object.is($Number(object.alpha), 0))
                    message.alpha = $Number(object.alpha);
            if (object.targets) {
                if (!$Array.isArray(object.targets))
                    throw $TypeError(".skein.AdapterShape.targets: array expected");
                message.targets = $Array(object.targets.length);
                for (let i = 0; i < object.targets.length; ++i)
                    message.targets[i] = $String(object.targets[i]);
            }
            return message;
        };

        /**
         * Creates a plain object from an AdapterShape message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.AdapterShape
         * @static
         * @param {skein.AdapterShape} message AdapterShape
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        AdapterShape.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.targets = [];
            if (options.defaults) {
                object.mode = options.enums === $String ? "ADAPTER_MODE_UNSPECIFIED" : 0;
                object.rank = 0;
                object.alpha = 0;
            }
            if (message.mode != null && $Object.hasOwnProperty.call(message, "mode"))
                object.mode = options.enums === $String ? $root.skein.AdapterMode[message.mode] === $undefined ? message.mode : $root.skein.AdapterMode[message.mode] : message.mode;
            if (message.rank != null && $Object.hasOwnProperty.call(message, "rank"))
                object.rank = message.rank;
            if (message.alpha != null && $Object.hasOwnProperty.call(message, "alpha"))
                object.alpha = options.json && !$isFinite(message.alpha) ? $String(message.alpha) : message.alpha;
            if (message.targets && message.targets.length) {
                object.targets = $Array(message.targets.length);
                for (let j = 0; j < message.targets.length; ++j)
                    object.targets[j] = message.targets[j];
            }
            return object;
        };

        /**
         * Converts this AdapterShape to JSON.
         * @function toJSON
         * @memberof skein.AdapterShape
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        AdapterShape.prototype.toJSON = function() {
            return AdapterShape.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for AdapterShape
         * @function getTypeUrl
         * @memberof skein.AdapterShape
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        AdapterShape.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.AdapterShape";
        };

        return AdapterShape;
    })();

    skein.TrainingPlan = (function() {

        /**
         * Properties of a TrainingPlan.
         * @typedef {Object} skein.TrainingPlan.$Properties
         * @property {number|null} [localEpochs] TrainingPlan localEpochs
         * @property {number|null} [batchSize] TrainingPlan batchSize
         * @property {number|null} [learningRate] TrainingPlan learningRate
         * @property {number|null} [weightDecay] TrainingPlan weightDecay
         * @property {number|null} [clipNorm] TrainingPlan clipNorm
         * @property {number|null} [maxTokens] TrainingPlan maxTokens
         * @property {skein.Arithmetic|null} [arithmetic] TrainingPlan arithmetic
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a TrainingPlan.
         * @memberof skein
         * @interface ITrainingPlan
         * @augments skein.TrainingPlan.$Properties
         * @deprecated Use skein.TrainingPlan.$Properties instead.
         */

        /**
         * Shape of a TrainingPlan.
         * @typedef {skein.TrainingPlan.$Properties} skein.TrainingPlan.$Shape
         */

        /**
         * Constructs a new TrainingPlan.
         * @memberof skein
         * @classdesc Represents a TrainingPlan.
         * @constructor
         * @param {skein.TrainingPlan.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const TrainingPlan = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * TrainingPlan localEpochs.
         * @member {number} localEpochs
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.localEpochs = 0;

        /**
         * TrainingPlan batchSize.
         * @member {number} batchSize
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.batchSize = 0;

        /**
         * TrainingPlan learningRate.
         * @member {number} learningRate
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.learningRate = 0;

        /**
         * TrainingPlan weightDecay.
         * @member {number} weightDecay
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.weightDecay = 0;

        /**
         * TrainingPlan clipNorm.
         * @member {number} clipNorm
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.clipNorm = 0;

        /**
         * TrainingPlan maxTokens.
         * @member {number} maxTokens
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.maxTokens = 0;

        /**
         * TrainingPlan arithmetic.
         * @member {skein.Arithmetic} arithmetic
         * @memberof skein.TrainingPlan
         * @instance
         */
        TrainingPlan.prototype.arithmetic = 0;

        /**
         * Creates a new TrainingPlan instance using the specified properties.
         * @function create
         * @memberof skein.TrainingPlan
         * @static
         * @param {skein.TrainingPlan.$Properties=} [properties] Properties to set
         * @returns {skein.TrainingPlan} TrainingPlan instance
         * @type {{
         *   (properties: skein.TrainingPlan.$Shape): skein.TrainingPlan & skein.TrainingPlan.$Shape;
         *   (properties?: skein.TrainingPlan.$Properties): skein.TrainingPlan;
         * }}
         */
        TrainingPlan.create = function(properties) {
            return new TrainingPlan(properties);
        };

        /**
         * Encodes the specified TrainingPlan message. Does not implicitly {@link skein.TrainingPlan.verify|verify} messages.
         * @function encode
         * @memberof skein.TrainingPlan
         * @static
         * @param {skein.TrainingPlan.$Properties} message TrainingPlan message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        TrainingPlan.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.localEpochs != null && $Object.hasOwnProperty.call(message, "localEpochs") && message.localEpochs !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.localEpochs);
            if (message.batchSize != null && $Object.hasOwnProperty.call(message, "batchSize") && message.batchSize !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.batchSize);
            if (message.learningRate != null && $Object.hasOwnProperty.call(message, "learningRate") && !$Object.is(message.learningRate, 0))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.learningRate);
            if (message.weightDecay != null && $Object.hasOwnProperty.call(message, "weightDecay") && !$Object.is(message.weightDecay, 0))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.weightDecay);
            if (message.clipNorm != null && $Object.hasOwnProperty.call(message, "clipNorm") && !$Object.is(message.clipNorm, 0))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.clipNorm);
            if (message.maxTokens != null && $Object.hasOwnProperty.call(message, "maxTokens") && message.maxTokens !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.maxTokens);
            if (message.arithmetic != null && $Object.hasOwnProperty.call(message, "arithmetic") && message.arithmetic !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).int32(message.arithmetic);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a TrainingPlan message from the specified reader or buffer.
         * @function decode
         * @memberof skein.TrainingPlan
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.TrainingPlan & skein.TrainingPlan.$Shape} TrainingPlan
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        TrainingPlan.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.TrainingPlan();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.localEpochs = value;
                        else
                            delete message.localEpochs;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.batchSize = value;
                        else
                            delete message.batchSize;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.learningRate = value;
                        else
                            delete message.learningRate;
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.weightDecay = value;
                        else
                            delete message.weightDecay;
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        if (!$Object.is(value = reader.double(), 0))
                            message.clipNorm = value;
                        else
                            delete message.clipNorm;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.maxTokens = value;
                        else
                            delete message.maxTokens;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.arithmetic = value;
                        else
                            delete message.arithmetic;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a TrainingPlan message.
         * @function verify
         * @memberof skein.TrainingPlan
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        TrainingPlan.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.localEpochs != null && $Object.hasOwnProperty.call(message, "localEpochs"))
                if (!$util.isInteger(message.localEpochs))
                    return "localEpochs: integer expected";
            if (message.batchSize != null && $Object.hasOwnProperty.call(message, "batchSize"))
                if (!$util.isInteger(message.batchSize))
                    return "batchSize: integer expected";
            if (message.learningRate != null && $Object.hasOwnProperty.call(message, "learningRate"))
                if (typeof message.learningRate !== "number")
                    return "learningRate: number expected";
            if (message.weightDecay != null && $Object.hasOwnProperty.call(message, "weightDecay"))
                if (typeof message.weightDecay !== "number")
                    return "weightDecay: number expected";
            if (message.clipNorm != null && $Object.hasOwnProperty.call(message, "clipNorm"))
                if (typeof message.clipNorm !== "number")
                    return "clipNorm: number expected";
            if (message.maxTokens != null && $Object.hasOwnProperty.call(message, "maxTokens"))
                if (!$util.isInteger(message.maxTokens))
                    return "maxTokens: integer expected";
            if (message.arithmetic != null && $Object.hasOwnProperty.call(message, "arithmetic"))
                if (typeof message.arithmetic !== "number" || (message.arithmetic | 0) !== message.arithmetic)
                    return "arithmetic: enum value expected";
            return null;
        };

        /**
         * Creates a TrainingPlan message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.TrainingPlan
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.TrainingPlan} TrainingPlan
         */
        TrainingPlan.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.TrainingPlan)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.TrainingPlan: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.TrainingPlan();
            if (object.localEpochs != null)
                if ($Number(object.localEpochs) !== 0)
                    message.localEpochs = object.localEpochs >>> 0;
            if (object.batchSize != null)
                if ($Number(object.batchSize) !== 0)
                    message.batchSize = object.batchSize >>> 0;
            if (object.learningRate != null)
                if (!$Object.is($Number(object.learningRate), 0))
                    message.learningRate = $Number(object.learningRate);
            if (object.weightDecay != null)
                if (!$Object.is($Number(object.weightDecay), 0))
                    message.weightDecay = $Number(object.weightDecay);
            if (object.clipNorm != null)
                if (!$Object.is($Number(object.clipNorm), 0))
                    message.clipNorm = $Number(object.clipNorm);
            if (object.maxTokens != null)
                if ($Number(object.maxTokens) !== 0)
                    message.maxTokens = object.maxTokens >>> 0;
            if (object.arithmetic !== 0 && (typeof object.arithmetic !== "string" || $root.skein.Arithmetic[object.arithmetic] !== 0))
                switch (object.arithmetic) {
                case "ARITHMETIC_UNSPECIFIED":
                case 0:
                    message.arithmetic = 0;
                    break;
                case "EXACT":
                case 1:
                    message.arithmetic = 1;
                    break;
                case "FAST":
                case 2:
                    message.arithmetic = 2;
                    break;
                default:
                    if (typeof object.arithmetic === "number" && (object.arithmetic | 0) === object.arithmetic)
                        message.arithmetic = object.arithmetic;
                }
            return message;
        };

        /**
         * Creates a plain object from a TrainingPlan message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.TrainingPlan
         * @static
         * @param {skein.TrainingPlan} message TrainingPlan
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        TrainingPlan.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.localEpochs = 0;
                object.batchSize = 0;
                object.learningRate = 0;
                object.weightDecay = 0;
                object.clipNorm = 0;
                object.maxTokens = 0;
                object.arithmetic = options.enums === $String ? "ARITHMETIC_UNSPECIFIED" : 0;
            }
            if (message.localEpochs != null && $Object.hasOwnProperty.call(message, "localEpochs"))
                object.localEpochs = message.localEpochs;
            if (message.batchSize != null && $Object.hasOwnProperty.call(message, "batchSize"))
                object.batchSize = message.batchSize;
            if (message.learningRate != null && $Object.hasOwnProperty.call(message, "learningRate"))
                object.learningRate = options.json && !$isFinite(message.learningRate) ? $String(message.learningRate) : message.learningRate;
            if (message.weightDecay != null && $Object.hasOwnProperty.call(message, "weightDecay"))
                object.weightDecay = options.json && !$isFinite(message.weightDecay) ? $String(message.weightDecay) : message.weightDecay;
            if (message.clipNorm != null && $Object.hasOwnProperty.call(message, "clipNorm"))
                object.clipNorm = options.json && !$isFinite(message.clipNorm) ? $String(message.clipNorm) : message.clipNorm;
            if (message.maxTokens != null && $Object.hasOwnProperty.call(message, "maxTokens"))
                object.maxTokens = message.maxTokens;
            if (message.arithmetic != null && $Object.hasOwnProperty.call(message, "arithmetic"))
                object.arithmetic = options.enums === $String ? $root.skein.Arithmetic[message.arithmetic] === $undefined ? message.arithmetic : $root.skein.Arithmetic[message.arithmetic] : message.arithmetic;
            return object;
        };

        /**
         * Converts this TrainingPlan to JSON.
         * @function toJSON
         * @memberof skein.TrainingPlan
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        TrainingPlan.prototype.toJSON = function() {
            return TrainingPlan.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for TrainingPlan
         * @function getTypeUrl
         * @memberof skein.TrainingPlan
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        TrainingPlan.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.TrainingPlan";
        };

        return TrainingPlan;
    })();

    skein.TaskSpec = (function() {

        /**
         * Properties of a TaskSpec.
         * @typedef {Object} skein.TaskSpec.$Properties
         * @property {string|null} [id] TaskSpec id
         * @property {string|null} [baseModel] TaskSpec baseModel
         * @property {string|null} [template] TaskSpec template
         * @property {Array.<string>|null} [labels] TaskSpec labels
         * @property {skein.AdapterShape.$Properties|null} [adapter] TaskSpec adapter
         * @property {skein.TrainingPlan.$Properties|null} [plan] TaskSpec plan
         * @property {skein.Aggregation|null} [aggregation] TaskSpec aggregation
         * @property {number|null} [adapterSeed] TaskSpec adapterSeed
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a TaskSpec.
         * @memberof skein
         * @interface ITaskSpec
         * @augments skein.TaskSpec.$Properties
         * @deprecated Use skein.TaskSpec.$Properties instead.
         */

        /**
         * Shape of a TaskSpec.
         * @typedef {skein.TaskSpec.$Properties} skein.TaskSpec.$Shape
         */

        /**
         * Constructs a new TaskSpec.
         * @memberof skein
         * @classdesc Represents a TaskSpec.
         * @constructor
         * @param {skein.TaskSpec.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const TaskSpec = function (properties) {
            this.labels = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * TaskSpec id.
         * @member {string} id
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.id = "";

        /**
         * TaskSpec baseModel.
         * @member {string} baseModel
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.baseModel = "";

        /**
         * TaskSpec template.
         * @member {string} template
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.template = "";

        /**
         * TaskSpec labels.
         * @member {Array.<string>} labels
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.labels = $util.emptyArray;

        /**
         * TaskSpec adapter.
         * @member {skein.AdapterShape.$Properties|null|undefined} adapter
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.adapter = null;

        /**
         * TaskSpec plan.
         * @member {skein.TrainingPlan.$Properties|null|undefined} plan
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.plan = null;

        /**
         * TaskSpec aggregation.
         * @member {skein.Aggregation} aggregation
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.aggregation = 0;

        /**
         * TaskSpec adapterSeed.
         * @member {number} adapterSeed
         * @memberof skein.TaskSpec
         * @instance
         */
        TaskSpec.prototype.adapterSeed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Creates a new TaskSpec instance using the specified properties.
         * @function create
         * @memberof skein.TaskSpec
         * @static
         * @param {skein.TaskSpec.$Properties=} [properties] Properties to set
         * @returns {skein.TaskSpec} TaskSpec instance
         * @type {{
         *   (properties: skein.TaskSpec.$Shape): skein.TaskSpec & skein.TaskSpec.$Shape;
         *   (properties?: skein.TaskSpec.$Properties): skein.TaskSpec;
         * }}
         */
        TaskSpec.create = function(properties) {
            return new TaskSpec(properties);
        };

        /**
         * Encodes the specified TaskSpec message. Does not implicitly {@link skein.TaskSpec.verify|verify} messages.
         * @function encode
         * @memberof skein.TaskSpec
         * @static
         * @param {skein.TaskSpec.$Properties} message TaskSpec message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        TaskSpec.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.id);
            if (message.baseModel != null && $Object.hasOwnProperty.call(message, "baseModel") && message.baseModel !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.baseModel);
            if (message.template != null && $Object.hasOwnProperty.call(message, "template") && message.template !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.template);
            if (message.labels != null && message.labels.length)
                for (let i = 0; i < message.labels.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.labels[i]);
            if (message.adapter != null && $Object.hasOwnProperty.call(message, "adapter"))
                $root.skein.AdapterShape.encode(message.adapter, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan"))
                $root.skein.TrainingPlan.encode(message.plan, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.aggregation != null && $Object.hasOwnProperty.call(message, "aggregation") && message.aggregation !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).int32(message.aggregation);
            if (message.adapterSeed != null && $Object.hasOwnProperty.call(message, "adapterSeed") && (typeof message.adapterSeed === "object" ? message.adapterSeed.low || message.adapterSeed.high : message.adapterSeed !== 0))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.adapterSeed);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a TaskSpec message from the specified reader or buffer.
         * @function decode
         * @memberof skein.TaskSpec
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.TaskSpec & skein.TaskSpec.$Shape} TaskSpec
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        TaskSpec.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.TaskSpec();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.baseModel = value;
                        else
                            delete message.baseModel;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.template = value;
                        else
                            delete message.template;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.labels && message.labels.length))
                            message.labels = [];
                        message.labels.push(reader.stringVerify());
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.adapter = $root.skein.AdapterShape.decode(reader, reader.size(), $undefined, _depth + 1, message.adapter);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.plan = $root.skein.TrainingPlan.decode(reader, reader.size(), $undefined, _depth + 1, message.plan);
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.aggregation = value;
                        else
                            delete message.aggregation;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.adapterSeed = value;
                        else
                            delete message.adapterSeed;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a TaskSpec message.
         * @function verify
         * @memberof skein.TaskSpec
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        TaskSpec.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!$util.isString(message.id))
                    return "id: string expected";
            if (message.baseModel != null && $Object.hasOwnProperty.call(message, "baseModel"))
                if (!$util.isString(message.baseModel))
                    return "baseModel: string expected";
            if (message.template != null && $Object.hasOwnProperty.call(message, "template"))
                if (!$util.isString(message.template))
                    return "template: string expected";
            if (message.labels != null && $Object.hasOwnProperty.call(message, "labels")) {
                if (!$Array.isArray(message.labels))
                    return "labels: array expected";
                for (let i = 0; i < message.labels.length; ++i)
                    if (!$util.isString(message.labels[i]))
                        return "labels: string[] expected";
            }
            if (message.adapter != null && $Object.hasOwnProperty.call(message, "adapter")) {
                let error = $root.skein.AdapterShape.verify(message.adapter, _depth + 1);
                if (error)
                    return "adapter." + error;
            }
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan")) {
                let error = $root.skein.TrainingPlan.verify(message.plan, _depth + 1);
                if (error)
                    return "plan." + error;
            }
            if (message.aggregation != null && $Object.hasOwnProperty.call(message, "aggregation"))
                if (typeof message.aggregation !== "number" || (message.aggregation | 0) !== message.aggregation)
                    return "aggregation: enum value expected";
            if (message.adapterSeed != null && $Object.hasOwnProperty.call(message, "adapterSeed"))
                if (!$util.isInteger(message.adapterSeed) && !(message.adapterSeed && $util.isInteger(message.adapterSeed.low) && $util.isInteger(message.adapterSeed.high)))
                    return "adapterSeed: integer|Long expected";
            return null;
        };

        /**
         * Creates a TaskSpec message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.TaskSpec
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.TaskSpec} TaskSpec
         */
        TaskSpec.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.TaskSpec)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.TaskSpec: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.TaskSpec();
            if (object.id != null)
                if (typeof object.id !== "string" || object.id.length)
                    message.id = $String(object.id);
            if (object.baseModel != null)
                if (typeof object.baseModel !== "string" || object.baseModel.length)
                    message.baseModel = $String(object.baseModel);
            if (object.template != null)
                if (typeof object.template !== "string" || object.template.length)
                    message.template = $String(object.template);
            if (object.labels) {
                if (!$Array.isArray(object.labels))
                    throw $TypeError(".skein.TaskSpec.labels: array expected");
                message.labels = $Array(object.labels.length);
                for (let i = 0; i < object.labels.length; ++i)
                    message.labels[i] = $String(object.labels[i]);
            }
            if (object.adapter != null) {
                if (!$util.isObject(object.adapter))
                    throw $TypeError(".skein.TaskSpec.adapter: object expected");
                message.adapter = $root.skein.AdapterShape.fromObject(object.adapter, _depth + 1);
            }
            if (object.plan != null) {
                if (!$util.isObject(object.plan))
                    throw $TypeError(".skein.TaskSpec.plan: object expected");
                message.plan = $root.skein.TrainingPlan.fromObject(object.plan, _depth + 1);
            }
            if (object.aggregation !== 0 && (typeof object.aggregation !== "string" || $root.skein.Aggregation[object.aggregation] !== 0))
                switch (object.aggregation) {
                case "AGGREGATION_UNSPECIFIED":
                case 0:
                    message.aggregation = 0;
                    break;
                case "MEAN":
                case 1:
                    message.aggregation = 1;
                    break;
                case "WEIGHTED_MEAN":
                case 2:
                    message.aggregation = 2;
                    break;
                default:
                    if (typeof object.aggregation === "number" && (object.aggregation | 0) === object.aggregation)
                        message.aggregation = object.aggregation;
                }
            if (object.adapterSeed != null)
                if (typeof object.adapterSeed === "object" ? object.adapterSeed.low || object.adapterSeed.high : $Number(object.adapterSeed) !== 0)
                    if ($util.Long)
                        message.adapterSeed = $util.Long.fromValue(object.adapterSeed, true);
                    else if (typeof object.adapterSeed === "string")
                        message.adapterSeed = $parseInt(object.adapterSeed, 10);
                    else if (typeof object.adapterSeed === "number")
                        message.adapterSeed = object.adapterSeed;
                    else if (typeof object.adapterSeed === "object")
                        message.adapterSeed = new $util.LongBits(object.adapterSeed.low >>> 0, object.adapterSeed.high >>> 0).toNumber(true);
            return message;
        };

        /**
         * Creates a plain object from a TaskSpec message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.TaskSpec
         * @static
         * @param {skein.TaskSpec} message TaskSpec
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        TaskSpec.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.labels = [];
            if (options.defaults) {
                object.id = "";
                object.baseModel = "";
                object.template = "";
                object.adapter = null;
                object.plan = null;
                object.aggregation = options.enums === $String ? "AGGREGATION_UNSPECIFIED" : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.adapterSeed = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.adapterSeed = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                object.id = message.id;
            if (message.baseModel != null && $Object.hasOwnProperty.call(message, "baseModel"))
                object.baseModel = message.baseModel;
            if (message.template != null && $Object.hasOwnProperty.call(message, "template"))
                object.template = message.template;
            if (message.labels && message.labels.length) {
                object.labels = $Array(message.labels.length);
                for (let j = 0; j < message.labels.length; ++j)
                    object.labels[j] = message.labels[j];
            }
            if (message.adapter != null && $Object.hasOwnProperty.call(message, "adapter"))
                object.adapter = $root.skein.AdapterShape.toObject(message.adapter, options, _depth + 1);
            if (message.plan != null && $Object.hasOwnProperty.call(message, "plan"))
                object.plan = $root.skein.TrainingPlan.toObject(message.plan, options, _depth + 1);
            if (message.aggregation != null && $Object.hasOwnProperty.call(message, "aggregation"))
                object.aggregation = options.enums === $String ? $root.skein.Aggregation[message.aggregation] === $undefined ? message.aggregation : $root.skein.Aggregation[message.aggregation] : message.aggregation;
            if (message.adapterSeed != null && $Object.hasOwnProperty.call(message, "adapterSeed"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.adapterSeed = typeof message.adapterSeed === "number" ? $BigInt(message.adapterSeed) : $util.Long.fromBits(message.adapterSeed.low >>> 0, message.adapterSeed.high >>> 0, true).toBigInt();
                else if (typeof message.adapterSeed === "number")
                    object.adapterSeed = options.longs === $String ? $String(message.adapterSeed) : message.adapterSeed;
                else
                    object.adapterSeed = options.longs === $String ? $util.Long.prototype.toString.call(message.adapterSeed) : options.longs === $Number ? new $util.LongBits(message.adapterSeed.low >>> 0, message.adapterSeed.high >>> 0).toNumber(true) : message.adapterSeed;
            return object;
        };

        /**
         * Converts this TaskSpec to JSON.
         * @function toJSON
         * @memberof skein.TaskSpec
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        TaskSpec.prototype.toJSON = function() {
            return TaskSpec.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for TaskSpec
         * @function getTypeUrl
         * @memberof skein.TaskSpec
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        TaskSpec.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.TaskSpec";
        };

        return TaskSpec;
    })();

    skein.Assignment = (function() {

        /**
         * Properties of an Assignment.
         * @typedef {Object} skein.Assignment.$Properties
         * @property {skein.TaskSpec.$Properties|null} [task] Assignment task
         * @property {string|null} [startRelease] Assignment startRelease
         * @property {number|null} [seed] Assignment seed
         * @property {number|null} [deadlineMs] Assignment deadlineMs
         * @property {Uint8Array|null} [nonce] Assignment nonce
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Assignment.
         * @memberof skein
         * @interface IAssignment
         * @augments skein.Assignment.$Properties
         * @deprecated Use skein.Assignment.$Properties instead.
         */

        /**
         * Shape of an Assignment.
         * @typedef {skein.Assignment.$Properties} skein.Assignment.$Shape
         */

        /**
         * Constructs a new Assignment.
         * @memberof skein
         * @classdesc Represents an Assignment.
         * @constructor
         * @param {skein.Assignment.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Assignment = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Assignment task.
         * @member {skein.TaskSpec.$Properties|null|undefined} task
         * @memberof skein.Assignment
         * @instance
         */
        Assignment.prototype.task = null;

        /**
         * Assignment startRelease.
         * @member {string} startRelease
         * @memberof skein.Assignment
         * @instance
         */
        Assignment.prototype.startRelease = "";

        /**
         * Assignment seed.
         * @member {number} seed
         * @memberof skein.Assignment
         * @instance
         */
        Assignment.prototype.seed = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Assignment deadlineMs.
         * @member {number} deadlineMs
         * @memberof skein.Assignment
         * @instance
         */
        Assignment.prototype.deadlineMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Assignment nonce.
         * @member {Uint8Array} nonce
         * @memberof skein.Assignment
         * @instance
         */
        Assignment.prototype.nonce = $util.newBuffer([]);

        /**
         * Creates a new Assignment instance using the specified properties.
         * @function create
         * @memberof skein.Assignment
         * @static
         * @param {skein.Assignment.$Properties=} [properties] Properties to set
         * @returns {skein.Assignment} Assignment instance
         * @type {{
         *   (properties: skein.Assignment.$Shape): skein.Assignment & skein.Assignment.$Shape;
         *   (properties?: skein.Assignment.$Properties): skein.Assignment;
         * }}
         */
        Assignment.create = function(properties) {
            return new Assignment(properties);
        };

        /**
         * Encodes the specified Assignment message. Does not implicitly {@link skein.Assignment.verify|verify} messages.
         * @function encode
         * @memberof skein.Assignment
         * @static
         * @param {skein.Assignment.$Properties} message Assignment message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Assignment.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.task != null && $Object.hasOwnProperty.call(message, "task"))
                $root.skein.TaskSpec.encode(message.task, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease") && message.startRelease !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.startRelease);
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed") && (typeof message.seed === "object" ? message.seed.low || message.seed.high : message.seed !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.seed);
            if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs") && (typeof message.deadlineMs === "object" ? message.deadlineMs.low || message.deadlineMs.high : message.deadlineMs !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.deadlineMs);
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.nonce);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Assignment message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Assignment
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Assignment & skein.Assignment.$Shape} Assignment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Assignment.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Assignment();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.task = $root.skein.TaskSpec.decode(reader, reader.size(), $undefined, _depth + 1, message.task);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.startRelease = value;
                        else
                            delete message.startRelease;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.seed = value;
                        else
                            delete message.seed;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.deadlineMs = value;
                        else
                            delete message.deadlineMs;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.nonce = value;
                        else
                            delete message.nonce;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an Assignment message.
         * @function verify
         * @memberof skein.Assignment
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Assignment.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.task != null && $Object.hasOwnProperty.call(message, "task")) {
                let error = $root.skein.TaskSpec.verify(message.task, _depth + 1);
                if (error)
                    return "task." + error;
            }
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease"))
                if (!$util.isString(message.startRelease))
                    return "startRelease: string expected";
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed"))
                if (!$util.isInteger(message.seed) && !(message.seed && $util.isInteger(message.seed.low) && $util.isInteger(message.seed.high)))
                    return "seed: integer|Long expected";
            if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs"))
                if (!$util.isInteger(message.deadlineMs) && !(message.deadlineMs && $util.isInteger(message.deadlineMs.low) && $util.isInteger(message.deadlineMs.high)))
                    return "deadlineMs: integer|Long expected";
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                if (!(message.nonce && typeof message.nonce.length === "number" || $util.isString(message.nonce)))
                    return "nonce: buffer expected";
            return null;
        };

        /**
         * Creates an Assignment message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Assignment
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Assignment} Assignment
         */
        Assignment.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Assignment)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Assignment: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Assignment();
            if (object.task != null) {
                if (!$util.isObject(object.task))
                    throw $TypeError(".skein.Assignment.task: object expected");
                message.task = $root.skein.TaskSpec.fromObject(object.task, _depth + 1);
            }
            if (object.startRelease != null)
                if (typeof object.startRelease !== "string" || object.startRelease.length)
                    message.startRelease = $String(object.startRelease);
            if (object.seed != null)
                if (typeof object.seed === "object" ? object.seed.low || object.seed.high : $Number(object.seed) !== 0)
                    if ($util.Long)
                        message.seed = $util.Long.fromValue(object.seed, true);
                    else if (typeof object.seed === "string")
                        message.seed = $parseInt(object.seed, 10);
                    else if (typeof object.seed === "number")
                        message.seed = object.seed;
                    else if (typeof object.seed === "object")
                        message.seed = new $util.LongBits(object.seed.low >>> 0, object.seed.high >>> 0).toNumber(true);
            if (object.deadlineMs != null)
                if (typeof object.deadlineMs === "object" ? object.deadlineMs.low || object.deadlineMs.high : $Number(object.deadlineMs) !== 0)
                    if ($util.Long)
                        message.deadlineMs = $util.Long.fromValue(object.deadlineMs, true);
                    else if (typeof object.deadlineMs === "string")
                        message.deadlineMs = $parseInt(object.deadlineMs, 10);
                    else if (typeof object.deadlineMs === "number")
                        message.deadlineMs = object.deadlineMs;
                    else if (typeof object.deadlineMs === "object")
                        message.deadlineMs = new $util.LongBits(object.deadlineMs.low >>> 0, object.deadlineMs.high >>> 0).toNumber(true);
            if (object.nonce != null)
                if (object.nonce.length)
                    if (typeof object.nonce === "string")
                        $util.base64.decode(object.nonce, message.nonce = $util.newBuffer($util.base64.length(object.nonce)), 0);
                    else if (object.nonce.length >= 0)
                        message.nonce = object.nonce;
            return message;
        };

        /**
         * Creates a plain object from an Assignment message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Assignment
         * @static
         * @param {skein.Assignment} message Assignment
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Assignment.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.task = null;
                object.startRelease = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.seed = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.seed = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.deadlineMs = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.deadlineMs = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if (options.bytes === $String)
                    object.nonce = "";
                else {
                    object.nonce = [];
                    if (options.bytes !== $Array)
                        object.nonce = $util.newBuffer(object.nonce);
                }
            }
            if (message.task != null && $Object.hasOwnProperty.call(message, "task"))
                object.task = $root.skein.TaskSpec.toObject(message.task, options, _depth + 1);
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease"))
                object.startRelease = message.startRelease;
            if (message.seed != null && $Object.hasOwnProperty.call(message, "seed"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.seed = typeof message.seed === "number" ? $BigInt(message.seed) : $util.Long.fromBits(message.seed.low >>> 0, message.seed.high >>> 0, true).toBigInt();
                else if (typeof message.seed === "number")
                    object.seed = options.longs === $String ? $String(message.seed) : message.seed;
                else
                    object.seed = options.longs === $String ? $util.Long.prototype.toString.call(message.seed) : options.longs === $Number ? new $util.LongBits(message.seed.low >>> 0, message.seed.high >>> 0).toNumber(true) : message.seed;
            if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.deadlineMs = typeof message.deadlineMs === "number" ? $BigInt(message.deadlineMs) : $util.Long.fromBits(message.deadlineMs.low >>> 0, message.deadlineMs.high >>> 0, true).toBigInt();
                else if (typeof message.deadlineMs === "number")
                    object.deadlineMs = options.longs === $String ? $String(message.deadlineMs) : message.deadlineMs;
                else
                    object.deadlineMs = options.longs === $String ? $util.Long.prototype.toString.call(message.deadlineMs) : options.longs === $Number ? new $util.LongBits(message.deadlineMs.low >>> 0, message.deadlineMs.high >>> 0).toNumber(true) : message.deadlineMs;
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                object.nonce = options.bytes === $String ? $util.base64.encode(message.nonce, 0, message.nonce.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.nonce) : message.nonce;
            return object;
        };

        /**
         * Converts this Assignment to JSON.
         * @function toJSON
         * @memberof skein.Assignment
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Assignment.prototype.toJSON = function() {
            return Assignment.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Assignment
         * @function getTypeUrl
         * @memberof skein.Assignment
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Assignment.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Assignment";
        };

        return Assignment;
    })();

    skein.AssignmentReply = (function() {

        /**
         * Properties of an AssignmentReply.
         * @typedef {Object} skein.AssignmentReply.$Properties
         * @property {Uint8Array|null} [nonce] AssignmentReply nonce
         * @property {boolean|null} [accepted] AssignmentReply accepted
         * @property {string|null} [reason] AssignmentReply reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an AssignmentReply.
         * @memberof skein
         * @interface IAssignmentReply
         * @augments skein.AssignmentReply.$Properties
         * @deprecated Use skein.AssignmentReply.$Properties instead.
         */

        /**
         * Shape of an AssignmentReply.
         * @typedef {skein.AssignmentReply.$Properties} skein.AssignmentReply.$Shape
         */

        /**
         * Constructs a new AssignmentReply.
         * @memberof skein
         * @classdesc Represents an AssignmentReply.
         * @constructor
         * @param {skein.AssignmentReply.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const AssignmentReply = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * AssignmentReply nonce.
         * @member {Uint8Array} nonce
         * @memberof skein.AssignmentReply
         * @instance
         */
        AssignmentReply.prototype.nonce = $util.newBuffer([]);

        /**
         * AssignmentReply accepted.
         * @member {boolean} accepted
         * @memberof skein.AssignmentReply
         * @instance
         */
        AssignmentReply.prototype.accepted = false;

        /**
         * AssignmentReply reason.
         * @member {string} reason
         * @memberof skein.AssignmentReply
         * @instance
         */
        AssignmentReply.prototype.reason = "";

        /**
         * Creates a new AssignmentReply instance using the specified properties.
         * @function create
         * @memberof skein.AssignmentReply
         * @static
         * @param {skein.AssignmentReply.$Properties=} [properties] Properties to set
         * @returns {skein.AssignmentReply} AssignmentReply instance
         * @type {{
         *   (properties: skein.AssignmentReply.$Shape): skein.AssignmentReply & skein.AssignmentReply.$Shape;
         *   (properties?: skein.AssignmentReply.$Properties): skein.AssignmentReply;
         * }}
         */
        AssignmentReply.create = function(properties) {
            return new AssignmentReply(properties);
        };

        /**
         * Encodes the specified AssignmentReply message. Does not implicitly {@link skein.AssignmentReply.verify|verify} messages.
         * @function encode
         * @memberof skein.AssignmentReply
         * @static
         * @param {skein.AssignmentReply.$Properties} message AssignmentReply message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        AssignmentReply.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.nonce);
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted") && message.accepted !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.accepted);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an AssignmentReply message from the specified reader or buffer.
         * @function decode
         * @memberof skein.AssignmentReply
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.AssignmentReply & skein.AssignmentReply.$Shape} AssignmentReply
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        AssignmentReply.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.AssignmentReply();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.nonce = value;
                        else
                            delete message.nonce;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.accepted = value;
                        else
                            delete message.accepted;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an AssignmentReply message.
         * @function verify
         * @memberof skein.AssignmentReply
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        AssignmentReply.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                if (!(message.nonce && typeof message.nonce.length === "number" || $util.isString(message.nonce)))
                    return "nonce: buffer expected";
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                if (typeof message.accepted !== "boolean")
                    return "accepted: boolean expected";
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                if (!$util.isString(message.reason))
                    return "reason: string expected";
            return null;
        };

        /**
         * Creates an AssignmentReply message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.AssignmentReply
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.AssignmentReply} AssignmentReply
         */
        AssignmentReply.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.AssignmentReply)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.AssignmentReply: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.AssignmentReply();
            if (object.nonce != null)
                if (object.nonce.length)
                    if (typeof object.nonce === "string")
                        $util.base64.decode(object.nonce, message.nonce = $util.newBuffer($util.base64.length(object.nonce)), 0);
                    else if (object.nonce.length >= 0)
                        message.nonce = object.nonce;
            if (object.accepted != null)
                if (object.accepted)
                    message.accepted = $Boolean(object.accepted);
            if (object.reason != null)
                if (typeof object.reason !== "string" || object.reason.length)
                    message.reason = $String(object.reason);
            return message;
        };

        /**
         * Creates a plain object from an AssignmentReply message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.AssignmentReply
         * @static
         * @param {skein.AssignmentReply} message AssignmentReply
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        AssignmentReply.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if (options.bytes === $String)
                    object.nonce = "";
                else {
                    object.nonce = [];
                    if (options.bytes !== $Array)
                        object.nonce = $util.newBuffer(object.nonce);
                }
                object.accepted = false;
                object.reason = "";
            }
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                object.nonce = options.bytes === $String ? $util.base64.encode(message.nonce, 0, message.nonce.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.nonce) : message.nonce;
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                object.accepted = message.accepted;
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                object.reason = message.reason;
            return object;
        };

        /**
         * Converts this AssignmentReply to JSON.
         * @function toJSON
         * @memberof skein.AssignmentReply
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        AssignmentReply.prototype.toJSON = function() {
            return AssignmentReply.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for AssignmentReply
         * @function getTypeUrl
         * @memberof skein.AssignmentReply
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        AssignmentReply.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.AssignmentReply";
        };

        return AssignmentReply;
    })();

    /**
     * Phase enum.
     * @name skein.Phase
     * @enum {number}
     * @property {number} PHASE_UNSPECIFIED=0 PHASE_UNSPECIFIED value
     * @property {number} FETCHING=1 FETCHING value
     * @property {number} TRAINING=2 TRAINING value
     * @property {number} SENDING=3 SENDING value
     * @property {number} DONE=4 DONE value
     * @property {number} FAILED=5 FAILED value
     */
    skein.Phase = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "PHASE_UNSPECIFIED"] = 0;
        values[valuesById[1] = "FETCHING"] = 1;
        values[valuesById[2] = "TRAINING"] = 2;
        values[valuesById[3] = "SENDING"] = 3;
        values[valuesById[4] = "DONE"] = 4;
        values[valuesById[5] = "FAILED"] = 5;
        return values;
    })();

    skein.Progress = (function() {

        /**
         * Properties of a Progress.
         * @typedef {Object} skein.Progress.$Properties
         * @property {skein.Phase|null} [phase] Progress phase
         * @property {number|null} [step] Progress step
         * @property {number|null} [steps] Progress steps
         * @property {string|null} [reason] Progress reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Progress.
         * @memberof skein
         * @interface IProgress
         * @augments skein.Progress.$Properties
         * @deprecated Use skein.Progress.$Properties instead.
         */

        /**
         * Shape of a Progress.
         * @typedef {skein.Progress.$Properties} skein.Progress.$Shape
         */

        /**
         * Constructs a new Progress.
         * @memberof skein
         * @classdesc Represents a Progress.
         * @constructor
         * @param {skein.Progress.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Progress = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Progress phase.
         * @member {skein.Phase} phase
         * @memberof skein.Progress
         * @instance
         */
        Progress.prototype.phase = 0;

        /**
         * Progress step.
         * @member {number} step
         * @memberof skein.Progress
         * @instance
         */
        Progress.prototype.step = 0;

        /**
         * Progress steps.
         * @member {number} steps
         * @memberof skein.Progress
         * @instance
         */
        Progress.prototype.steps = 0;

        /**
         * Progress reason.
         * @member {string} reason
         * @memberof skein.Progress
         * @instance
         */
        Progress.prototype.reason = "";

        /**
         * Creates a new Progress instance using the specified properties.
         * @function create
         * @memberof skein.Progress
         * @static
         * @param {skein.Progress.$Properties=} [properties] Properties to set
         * @returns {skein.Progress} Progress instance
         * @type {{
         *   (properties: skein.Progress.$Shape): skein.Progress & skein.Progress.$Shape;
         *   (properties?: skein.Progress.$Properties): skein.Progress;
         * }}
         */
        Progress.create = function(properties) {
            return new Progress(properties);
        };

        /**
         * Encodes the specified Progress message. Does not implicitly {@link skein.Progress.verify|verify} messages.
         * @function encode
         * @memberof skein.Progress
         * @static
         * @param {skein.Progress.$Properties} message Progress message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Progress.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.phase != null && $Object.hasOwnProperty.call(message, "phase") && message.phase !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.phase);
            if (message.step != null && $Object.hasOwnProperty.call(message, "step") && message.step !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.step);
            if (message.steps != null && $Object.hasOwnProperty.call(message, "steps") && message.steps !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.steps);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Progress message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Progress
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Progress & skein.Progress.$Shape} Progress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Progress.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Progress();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.phase = value;
                        else
                            delete message.phase;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.step = value;
                        else
                            delete message.step;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.steps = value;
                        else
                            delete message.steps;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Progress message.
         * @function verify
         * @memberof skein.Progress
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Progress.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.phase != null && $Object.hasOwnProperty.call(message, "phase"))
                if (typeof message.phase !== "number" || (message.phase | 0) !== message.phase)
                    return "phase: enum value expected";
            if (message.step != null && $Object.hasOwnProperty.call(message, "step"))
                if (!$util.isInteger(message.step))
                    return "step: integer expected";
            if (message.steps != null && $Object.hasOwnProperty.call(message, "steps"))
                if (!$util.isInteger(message.steps))
                    return "steps: integer expected";
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                if (!$util.isString(message.reason))
                    return "reason: string expected";
            return null;
        };

        /**
         * Creates a Progress message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Progress
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Progress} Progress
         */
        Progress.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Progress)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Progress: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Progress();
            if (object.phase !== 0 && (typeof object.phase !== "string" || $root.skein.Phase[object.phase] !== 0))
                switch (object.phase) {
                case "PHASE_UNSPECIFIED":
                case 0:
                    message.phase = 0;
                    break;
                case "FETCHING":
                case 1:
                    message.phase = 1;
                    break;
                case "TRAINING":
                case 2:
                    message.phase = 2;
                    break;
                case "SENDING":
                case 3:
                    message.phase = 3;
                    break;
                case "DONE":
                case 4:
                    message.phase = 4;
                    break;
                case "FAILED":
                case 5:
                    message.phase = 5;
                    break;
                default:
                    if (typeof object.phase === "number" && (object.phase | 0) === object.phase)
                        message.phase = object.phase;
                }
            if (object.step != null)
                if ($Number(object.step) !== 0)
                    message.step = object.step >>> 0;
            if (object.steps != null)
                if ($Number(object.steps) !== 0)
                    message.steps = object.steps >>> 0;
            if (object.reason != null)
                if (typeof object.reason !== "string" || object.reason.length)
                    message.reason = $String(object.reason);
            return message;
        };

        /**
         * Creates a plain object from a Progress message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Progress
         * @static
         * @param {skein.Progress} message Progress
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Progress.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.phase = options.enums === $String ? "PHASE_UNSPECIFIED" : 0;
                object.step = 0;
                object.steps = 0;
                object.reason = "";
            }
            if (message.phase != null && $Object.hasOwnProperty.call(message, "phase"))
                object.phase = options.enums === $String ? $root.skein.Phase[message.phase] === $undefined ? message.phase : $root.skein.Phase[message.phase] : message.phase;
            if (message.step != null && $Object.hasOwnProperty.call(message, "step"))
                object.step = message.step;
            if (message.steps != null && $Object.hasOwnProperty.call(message, "steps"))
                object.steps = message.steps;
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                object.reason = message.reason;
            return object;
        };

        /**
         * Converts this Progress to JSON.
         * @function toJSON
         * @memberof skein.Progress
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Progress.prototype.toJSON = function() {
            return Progress.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Progress
         * @function getTypeUrl
         * @memberof skein.Progress
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Progress.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Progress";
        };

        return Progress;
    })();

    skein.Tensor = (function() {

        /**
         * Properties of a Tensor.
         * @typedef {Object} skein.Tensor.$Properties
         * @property {string|null} [name] Tensor name
         * @property {Array.<number>|null} [shape] Tensor shape
         * @property {Uint8Array|null} [values] Tensor values
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Tensor.
         * @memberof skein
         * @interface ITensor
         * @augments skein.Tensor.$Properties
         * @deprecated Use skein.Tensor.$Properties instead.
         */

        /**
         * Shape of a Tensor.
         * @typedef {skein.Tensor.$Properties} skein.Tensor.$Shape
         */

        /**
         * Constructs a new Tensor.
         * @memberof skein
         * @classdesc Represents a Tensor.
         * @constructor
         * @param {skein.Tensor.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Tensor = function (properties) {
            this.shape = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Tensor name.
         * @member {string} name
         * @memberof skein.Tensor
         * @instance
         */
        Tensor.prototype.name = "";

        /**
         * Tensor shape.
         * @member {Array.<number>} shape
         * @memberof skein.Tensor
         * @instance
         */
        Tensor.prototype.shape = $util.emptyArray;

        /**
         * Tensor values.
         * @member {Uint8Array} values
         * @memberof skein.Tensor
         * @instance
         */
        Tensor.prototype.values = $util.newBuffer([]);

        /**
         * Creates a new Tensor instance using the specified properties.
         * @function create
         * @memberof skein.Tensor
         * @static
         * @param {skein.Tensor.$Properties=} [properties] Properties to set
         * @returns {skein.Tensor} Tensor instance
         * @type {{
         *   (properties: skein.Tensor.$Shape): skein.Tensor & skein.Tensor.$Shape;
         *   (properties?: skein.Tensor.$Properties): skein.Tensor;
         * }}
         */
        Tensor.create = function(properties) {
            return new Tensor(properties);
        };

        /**
         * Encodes the specified Tensor message. Does not implicitly {@link skein.Tensor.verify|verify} messages.
         * @function encode
         * @memberof skein.Tensor
         * @static
         * @param {skein.Tensor.$Properties} message Tensor message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Tensor.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.shape != null && message.shape.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.shape);
            if (message.values != null && $Object.hasOwnProperty.call(message, "values") && message.values.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.values);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Tensor message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Tensor
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Tensor & skein.Tensor.$Shape} Tensor
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Tensor.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Tensor();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.shape && message.shape.length))
                                message.shape = [];
                            reader.uint32s(message.shape);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.shape && message.shape.length))
                            message.shape = [];
                        message.shape.push(reader.uint32());
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.values = value;
                        else
                            delete message.values;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Tensor message.
         * @function verify
         * @memberof skein.Tensor
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Tensor.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.shape != null && $Object.hasOwnProperty.call(message, "shape")) {
                if (!$Array.isArray(message.shape))
                    return "shape: array expected";
                for (let i = 0; i < message.shape.length; ++i)
                    if (!$util.isInteger(message.shape[i]))
                        return "shape: integer[] expected";
            }
            if (message.values != null && $Object.hasOwnProperty.call(message, "values"))
                if (!(message.values && typeof message.values.length === "number" || $util.isString(message.values)))
                    return "values: buffer expected";
            return null;
        };

        /**
         * Creates a Tensor message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Tensor
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Tensor} Tensor
         */
        Tensor.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Tensor)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Tensor: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Tensor();
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.shape) {
                if (!$Array.isArray(object.shape))
                    throw $TypeError(".skein.Tensor.shape: array expected");
                message.shape = $Array(object.shape.length);
                for (let i = 0; i < object.shape.length; ++i)
                    message.shape[i] = object.shape[i] >>> 0;
            }
            if (object.values != null)
                if (object.values.length)
                    if (typeof object.values === "string")
                        $util.base64.decode(object.values, message.values = $util.newBuffer($util.base64.length(object.values)), 0);
                    else if (object.values.length >= 0)
                        message.values = object.values;
            return message;
        };

        /**
         * Creates a plain object from a Tensor message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Tensor
         * @static
         * @param {skein.Tensor} message Tensor
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Tensor.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.shape = [];
            if (options.defaults) {
                object.name = "";
                if (options.bytes === $String)
                    object.values = "";
                else {
                    object.values = [];
                    if (options.bytes !== $Array)
                        object.values = $util.newBuffer(object.values);
                }
            }
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.shape && message.shape.length) {
                object.shape = $Array(message.shape.length);
                for (let j = 0; j < message.shape.length; ++j)
                    object.shape[j] = message.shape[j];
            }
            if (message.values != null && $Object.hasOwnProperty.call(message, "values"))
                object.values = options.bytes === $String ? $util.base64.encode(message.values, 0, message.values.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.values) : message.values;
            return object;
        };

        /**
         * Converts this Tensor to JSON.
         * @function toJSON
         * @memberof skein.Tensor
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Tensor.prototype.toJSON = function() {
            return Tensor.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Tensor
         * @function getTypeUrl
         * @memberof skein.Tensor
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Tensor.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Tensor";
        };

        return Tensor;
    })();

    skein.Update = (function() {

        /**
         * Properties of an Update.
         * @typedef {Object} skein.Update.$Properties
         * @property {Uint8Array|null} [nonce] Update nonce
         * @property {number|null} [examples] Update examples
         * @property {Array.<skein.Tensor.$Properties>|null} [tensors] Update tensors
         * @property {string|null} [startRelease] Update startRelease
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Update.
         * @memberof skein
         * @interface IUpdate
         * @augments skein.Update.$Properties
         * @deprecated Use skein.Update.$Properties instead.
         */

        /**
         * Shape of an Update.
         * @typedef {skein.Update.$Properties} skein.Update.$Shape
         */

        /**
         * Constructs a new Update.
         * @memberof skein
         * @classdesc Represents an Update.
         * @constructor
         * @param {skein.Update.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Update = function (properties) {
            this.tensors = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Update nonce.
         * @member {Uint8Array} nonce
         * @memberof skein.Update
         * @instance
         */
        Update.prototype.nonce = $util.newBuffer([]);

        /**
         * Update examples.
         * @member {number} examples
         * @memberof skein.Update
         * @instance
         */
        Update.prototype.examples = 0;

        /**
         * Update tensors.
         * @member {Array.<skein.Tensor.$Properties>} tensors
         * @memberof skein.Update
         * @instance
         */
        Update.prototype.tensors = $util.emptyArray;

        /**
         * Update startRelease.
         * @member {string} startRelease
         * @memberof skein.Update
         * @instance
         */
        Update.prototype.startRelease = "";

        /**
         * Creates a new Update instance using the specified properties.
         * @function create
         * @memberof skein.Update
         * @static
         * @param {skein.Update.$Properties=} [properties] Properties to set
         * @returns {skein.Update} Update instance
         * @type {{
         *   (properties: skein.Update.$Shape): skein.Update & skein.Update.$Shape;
         *   (properties?: skein.Update.$Properties): skein.Update;
         * }}
         */
        Update.create = function(properties) {
            return new Update(properties);
        };

        /**
         * Encodes the specified Update message. Does not implicitly {@link skein.Update.verify|verify} messages.
         * @function encode
         * @memberof skein.Update
         * @static
         * @param {skein.Update.$Properties} message Update message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Update.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.nonce);
            if (message.examples != null && $Object.hasOwnProperty.call(message, "examples") && message.examples !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.examples);
            if (message.tensors != null && message.tensors.length)
                for (let i = 0; i < message.tensors.length; ++i)
                    $root.skein.Tensor.encode(message.tensors[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease") && message.startRelease !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.startRelease);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Update message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Update
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Update & skein.Update.$Shape} Update
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Update.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Update();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.nonce = value;
                        else
                            delete message.nonce;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.examples = value;
                        else
                            delete message.examples;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tensors && message.tensors.length))
                            message.tensors = [];
                        message.tensors.push($root.skein.Tensor.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.startRelease = value;
                        else
                            delete message.startRelease;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an Update message.
         * @function verify
         * @memberof skein.Update
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Update.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                if (!(message.nonce && typeof message.nonce.length === "number" || $util.isString(message.nonce)))
                    return "nonce: buffer expected";
            if (message.examples != null && $Object.hasOwnProperty.call(message, "examples"))
                if (!$util.isInteger(message.examples))
                    return "examples: integer expected";
            if (message.tensors != null && $Object.hasOwnProperty.call(message, "tensors")) {
                if (!$Array.isArray(message.tensors))
                    return "tensors: array expected";
                for (let i = 0; i < message.tensors.length; ++i) {
                    let error = $root.skein.Tensor.verify(message.tensors[i], _depth + 1);
                    if (error)
                        return "tensors." + error;
                }
            }
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease"))
                if (!$util.isString(message.startRelease))
                    return "startRelease: string expected";
            return null;
        };

        /**
         * Creates an Update message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Update
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Update} Update
         */
        Update.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Update)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Update: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Update();
            if (object.nonce != null)
                if (object.nonce.length)
                    if (typeof object.nonce === "string")
                        $util.base64.decode(object.nonce, message.nonce = $util.newBuffer($util.base64.length(object.nonce)), 0);
                    else if (object.nonce.length >= 0)
                        message.nonce = object.nonce;
            if (object.examples != null)
                if ($Number(object.examples) !== 0)
                    message.examples = object.examples >>> 0;
            if (object.tensors) {
                if (!$Array.isArray(object.tensors))
                    throw $TypeError(".skein.Update.tensors: array expected");
                message.tensors = $Array(object.tensors.length);
                for (let i = 0; i < object.tensors.length; ++i) {
                    if (!$util.isObject(object.tensors[i]))
                        throw $TypeError(".skein.Update.tensors: object expected");
                    message.tensors[i] = $root.skein.Tensor.fromObject(object.tensors[i], _depth + 1);
                }
            }
            if (object.startRelease != null)
                if (typeof object.startRelease !== "string" || object.startRelease.length)
                    message.startRelease = $String(object.startRelease);
            return message;
        };

        /**
         * Creates a plain object from an Update message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Update
         * @static
         * @param {skein.Update} message Update
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Update.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.tensors = [];
            if (options.defaults) {
                if (options.bytes === $String)
                    object.nonce = "";
                else {
                    object.nonce = [];
                    if (options.bytes !== $Array)
                        object.nonce = $util.newBuffer(object.nonce);
                }
                object.examples = 0;
                object.startRelease = "";
            }
            if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce"))
                object.nonce = options.bytes === $String ? $util.base64.encode(message.nonce, 0, message.nonce.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.nonce) : message.nonce;
            if (message.examples != null && $Object.hasOwnProperty.call(message, "examples"))
                object.examples = message.examples;
            if (message.tensors && message.tensors.length) {
                object.tensors = $Array(message.tensors.length);
                for (let j = 0; j < message.tensors.length; ++j)
                    object.tensors[j] = $root.skein.Tensor.toObject(message.tensors[j], options, _depth + 1);
            }
            if (message.startRelease != null && $Object.hasOwnProperty.call(message, "startRelease"))
                object.startRelease = message.startRelease;
            return object;
        };

        /**
         * Converts this Update to JSON.
         * @function toJSON
         * @memberof skein.Update
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Update.prototype.toJSON = function() {
            return Update.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Update
         * @function getTypeUrl
         * @memberof skein.Update
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Update.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Update";
        };

        return Update;
    })();

    skein.Chunk = (function() {

        /**
         * Properties of a Chunk.
         * @typedef {Object} skein.Chunk.$Properties
         * @property {Uint8Array|null} [blob] Chunk blob
         * @property {number|null} [index] Chunk index
         * @property {number|null} [count] Chunk count
         * @property {number|null} [size] Chunk size
         * @property {Uint8Array|null} [data] Chunk data
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Chunk.
         * @memberof skein
         * @interface IChunk
         * @augments skein.Chunk.$Properties
         * @deprecated Use skein.Chunk.$Properties instead.
         */

        /**
         * Shape of a Chunk.
         * @typedef {skein.Chunk.$Properties} skein.Chunk.$Shape
         */

        /**
         * Constructs a new Chunk.
         * @memberof skein
         * @classdesc Represents a Chunk.
         * @constructor
         * @param {skein.Chunk.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Chunk = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Chunk blob.
         * @member {Uint8Array} blob
         * @memberof skein.Chunk
         * @instance
         */
        Chunk.prototype.blob = $util.newBuffer([]);

        /**
         * Chunk index.
         * @member {number} index
         * @memberof skein.Chunk
         * @instance
         */
        Chunk.prototype.index = 0;

        /**
         * Chunk count.
         * @member {number} count
         * @memberof skein.Chunk
         * @instance
         */
        Chunk.prototype.count = 0;

        /**
         * Chunk size.
         * @member {number} size
         * @memberof skein.Chunk
         * @instance
         */
        Chunk.prototype.size = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Chunk data.
         * @member {Uint8Array} data
         * @memberof skein.Chunk
         * @instance
         */
        Chunk.prototype.data = $util.newBuffer([]);

        /**
         * Creates a new Chunk instance using the specified properties.
         * @function create
         * @memberof skein.Chunk
         * @static
         * @param {skein.Chunk.$Properties=} [properties] Properties to set
         * @returns {skein.Chunk} Chunk instance
         * @type {{
         *   (properties: skein.Chunk.$Shape): skein.Chunk & skein.Chunk.$Shape;
         *   (properties?: skein.Chunk.$Properties): skein.Chunk;
         * }}
         */
        Chunk.create = function(properties) {
            return new Chunk(properties);
        };

        /**
         * Encodes the specified Chunk message. Does not implicitly {@link skein.Chunk.verify|verify} messages.
         * @function encode
         * @memberof skein.Chunk
         * @static
         * @param {skein.Chunk.$Properties} message Chunk message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Chunk.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob") && message.blob.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.blob);
            if (message.index != null && $Object.hasOwnProperty.call(message, "index") && message.index !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.index);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.count);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.size);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Chunk message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Chunk
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Chunk & skein.Chunk.$Shape} Chunk
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Chunk.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Chunk();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.blob = value;
                        else
                            delete message.blob;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.index = value;
                        else
                            delete message.index;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Chunk message.
         * @function verify
         * @memberof skein.Chunk
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Chunk.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                if (!(message.blob && typeof message.blob.length === "number" || $util.isString(message.blob)))
                    return "blob: buffer expected";
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                if (!$util.isInteger(message.index))
                    return "index: integer expected";
            if (message.count != null && $Object.hasOwnProperty.call(message, "count"))
                if (!$util.isInteger(message.count))
                    return "count: integer expected";
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (!$util.isInteger(message.size) && !(message.size && $util.isInteger(message.size.low) && $util.isInteger(message.size.high)))
                    return "size: integer|Long expected";
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                if (!(message.data && typeof message.data.length === "number" || $util.isString(message.data)))
                    return "data: buffer expected";
            return null;
        };

        /**
         * Creates a Chunk message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Chunk
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Chunk} Chunk
         */
        Chunk.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Chunk)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Chunk: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Chunk();
            if (object.blob != null)
                if (object.blob.length)
                    if (typeof object.blob === "string")
                        $util.base64.decode(object.blob, message.blob = $util.newBuffer($util.base64.length(object.blob)), 0);
                    else if (object.blob.length >= 0)
                        message.blob = object.blob;
            if (object.index != null)
                if ($Number(object.index) !== 0)
                    message.index = object.index >>> 0;
            if (object.count != null)
                if ($Number(object.count) !== 0)
                    message.count = object.count >>> 0;
            if (object.size != null)
                if (typeof object.size === "object" ? object.size.low || object.size.high : $Number(object.size) !== 0)
                    if ($util.Long)
                        message.size = $util.Long.fromValue(object.size, true);
                    else if (typeof object.size === "string")
                        message.size = $parseInt(object.size, 10);
                    else if (typeof object.size === "number")
                        message.size = object.size;
                    else if (typeof object.size === "object")
                        message.size = new $util.LongBits(object.size.low >>> 0, object.size.high >>> 0).toNumber(true);
            if (object.data != null)
                if (object.data.length)
                    if (typeof object.data === "string")
                        $util.base64.decode(object.data, message.data = $util.newBuffer($util.base64.length(object.data)), 0);
                    else if (object.data.length >= 0)
                        message.data = object.data;
            return message;
        };

        /**
         * Creates a plain object from a Chunk message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Chunk
         * @static
         * @param {skein.Chunk} message Chunk
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Chunk.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if (options.bytes === $String)
                    object.blob = "";
                else {
                    object.blob = [];
                    if (options.bytes !== $Array)
                        object.blob = $util.newBuffer(object.blob);
                }
                object.index = 0;
                object.count = 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.size = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.size = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if (options.bytes === $String)
                    object.data = "";
                else {
                    object.data = [];
                    if (options.bytes !== $Array)
                        object.data = $util.newBuffer(object.data);
                }
            }
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                object.blob = options.bytes === $String ? $util.base64.encode(message.blob, 0, message.blob.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.blob) : message.blob;
            if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                object.index = message.index;
            if (message.count != null && $Object.hasOwnProperty.call(message, "count"))
                object.count = message.count;
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.size = typeof message.size === "number" ? $BigInt(message.size) : $util.Long.fromBits(message.size.low >>> 0, message.size.high >>> 0, true).toBigInt();
                else if (typeof message.size === "number")
                    object.size = options.longs === $String ? $String(message.size) : message.size;
                else
                    object.size = options.longs === $String ? $util.Long.prototype.toString.call(message.size) : options.longs === $Number ? new $util.LongBits(message.size.low >>> 0, message.size.high >>> 0).toNumber(true) : message.size;
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                object.data = options.bytes === $String ? $util.base64.encode(message.data, 0, message.data.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.data) : message.data;
            return object;
        };

        /**
         * Converts this Chunk to JSON.
         * @function toJSON
         * @memberof skein.Chunk
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Chunk.prototype.toJSON = function() {
            return Chunk.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Chunk
         * @function getTypeUrl
         * @memberof skein.Chunk
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Chunk.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Chunk";
        };

        return Chunk;
    })();

    skein.Offer = (function() {

        /**
         * Properties of an Offer.
         * @typedef {Object} skein.Offer.$Properties
         * @property {Uint8Array|null} [blob] Offer blob
         * @property {number|null} [size] Offer size
         * @property {number|null} [count] Offer count
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Offer.
         * @memberof skein
         * @interface IOffer
         * @augments skein.Offer.$Properties
         * @deprecated Use skein.Offer.$Properties instead.
         */

        /**
         * Shape of an Offer.
         * @typedef {skein.Offer.$Properties} skein.Offer.$Shape
         */

        /**
         * Constructs a new Offer.
         * @memberof skein
         * @classdesc Represents an Offer.
         * @constructor
         * @param {skein.Offer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Offer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Offer blob.
         * @member {Uint8Array} blob
         * @memberof skein.Offer
         * @instance
         */
        Offer.prototype.blob = $util.newBuffer([]);

        /**
         * Offer size.
         * @member {number} size
         * @memberof skein.Offer
         * @instance
         */
        Offer.prototype.size = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Offer count.
         * @member {number} count
         * @memberof skein.Offer
         * @instance
         */
        Offer.prototype.count = 0;

        /**
         * Creates a new Offer instance using the specified properties.
         * @function create
         * @memberof skein.Offer
         * @static
         * @param {skein.Offer.$Properties=} [properties] Properties to set
         * @returns {skein.Offer} Offer instance
         * @type {{
         *   (properties: skein.Offer.$Shape): skein.Offer & skein.Offer.$Shape;
         *   (properties?: skein.Offer.$Properties): skein.Offer;
         * }}
         */
        Offer.create = function(properties) {
            return new Offer(properties);
        };

        /**
         * Encodes the specified Offer message. Does not implicitly {@link skein.Offer.verify|verify} messages.
         * @function encode
         * @memberof skein.Offer
         * @static
         * @param {skein.Offer.$Properties} message Offer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Offer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob") && message.blob.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.blob);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.size);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.count);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Offer message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Offer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Offer & skein.Offer.$Shape} Offer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Offer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Offer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.blob = value;
                        else
                            delete message.blob;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an Offer message.
         * @function verify
         * @memberof skein.Offer
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Offer.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                if (!(message.blob && typeof message.blob.length === "number" || $util.isString(message.blob)))
                    return "blob: buffer expected";
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (!$util.isInteger(message.size) && !(message.size && $util.isInteger(message.size.low) && $util.isInteger(message.size.high)))
                    return "size: integer|Long expected";
            if (message.count != null && $Object.hasOwnProperty.call(message, "count"))
                if (!$util.isInteger(message.count))
                    return "count: integer expected";
            return null;
        };

        /**
         * Creates an Offer message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Offer
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Offer} Offer
         */
        Offer.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Offer)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Offer: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Offer();
            if (object.blob != null)
                if (object.blob.length)
                    if (typeof object.blob === "string")
                        $util.base64.decode(object.blob, message.blob = $util.newBuffer($util.base64.length(object.blob)), 0);
                    else if (object.blob.length >= 0)
                        message.blob = object.blob;
            if (object.size != null)
                if (typeof object.size === "object" ? object.size.low || object.size.high : $Number(object.size) !== 0)
                    if ($util.Long)
                        message.size = $util.Long.fromValue(object.size, true);
                    else if (typeof object.size === "string")
                        message.size = $parseInt(object.size, 10);
                    else if (typeof object.size === "number")
                        message.size = object.size;
                    else if (typeof object.size === "object")
                        message.size = new $util.LongBits(object.size.low >>> 0, object.size.high >>> 0).toNumber(true);
            if (object.count != null)
                if ($Number(object.count) !== 0)
                    message.count = object.count >>> 0;
            return message;
        };

        /**
         * Creates a plain object from an Offer message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Offer
         * @static
         * @param {skein.Offer} message Offer
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Offer.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if (options.bytes === $String)
                    object.blob = "";
                else {
                    object.blob = [];
                    if (options.bytes !== $Array)
                        object.blob = $util.newBuffer(object.blob);
                }
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.size = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.size = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.count = 0;
            }
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                object.blob = options.bytes === $String ? $util.base64.encode(message.blob, 0, message.blob.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.blob) : message.blob;
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.size = typeof message.size === "number" ? $BigInt(message.size) : $util.Long.fromBits(message.size.low >>> 0, message.size.high >>> 0, true).toBigInt();
                else if (typeof message.size === "number")
                    object.size = options.longs === $String ? $String(message.size) : message.size;
                else
                    object.size = options.longs === $String ? $util.Long.prototype.toString.call(message.size) : options.longs === $Number ? new $util.LongBits(message.size.low >>> 0, message.size.high >>> 0).toNumber(true) : message.size;
            if (message.count != null && $Object.hasOwnProperty.call(message, "count"))
                object.count = message.count;
            return object;
        };

        /**
         * Converts this Offer to JSON.
         * @function toJSON
         * @memberof skein.Offer
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Offer.prototype.toJSON = function() {
            return Offer.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Offer
         * @function getTypeUrl
         * @memberof skein.Offer
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Offer.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Offer";
        };

        return Offer;
    })();

    skein.Want = (function() {

        /**
         * Properties of a Want.
         * @typedef {Object} skein.Want.$Properties
         * @property {Uint8Array|null} [blob] Want blob
         * @property {Array.<number>|null} [indexes] Want indexes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Want.
         * @memberof skein
         * @interface IWant
         * @augments skein.Want.$Properties
         * @deprecated Use skein.Want.$Properties instead.
         */

        /**
         * Shape of a Want.
         * @typedef {skein.Want.$Properties} skein.Want.$Shape
         */

        /**
         * Constructs a new Want.
         * @memberof skein
         * @classdesc Represents a Want.
         * @constructor
         * @param {skein.Want.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Want = function (properties) {
            this.indexes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Want blob.
         * @member {Uint8Array} blob
         * @memberof skein.Want
         * @instance
         */
        Want.prototype.blob = $util.newBuffer([]);

        /**
         * Want indexes.
         * @member {Array.<number>} indexes
         * @memberof skein.Want
         * @instance
         */
        Want.prototype.indexes = $util.emptyArray;

        /**
         * Creates a new Want instance using the specified properties.
         * @function create
         * @memberof skein.Want
         * @static
         * @param {skein.Want.$Properties=} [properties] Properties to set
         * @returns {skein.Want} Want instance
         * @type {{
         *   (properties: skein.Want.$Shape): skein.Want & skein.Want.$Shape;
         *   (properties?: skein.Want.$Properties): skein.Want;
         * }}
         */
        Want.create = function(properties) {
            return new Want(properties);
        };

        /**
         * Encodes the specified Want message. Does not implicitly {@link skein.Want.verify|verify} messages.
         * @function encode
         * @memberof skein.Want
         * @static
         * @param {skein.Want.$Properties} message Want message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Want.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob") && message.blob.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.blob);
            if (message.indexes != null && message.indexes.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.indexes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Want message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Want
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Want & skein.Want.$Shape} Want
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Want.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Want();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.blob = value;
                        else
                            delete message.blob;
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.indexes && message.indexes.length))
                                message.indexes = [];
                            reader.uint32s(message.indexes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.indexes && message.indexes.length))
                            message.indexes = [];
                        message.indexes.push(reader.uint32());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Want message.
         * @function verify
         * @memberof skein.Want
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Want.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                if (!(message.blob && typeof message.blob.length === "number" || $util.isString(message.blob)))
                    return "blob: buffer expected";
            if (message.indexes != null && $Object.hasOwnProperty.call(message, "indexes")) {
                if (!$Array.isArray(message.indexes))
                    return "indexes: array expected";
                for (let i = 0; i < message.indexes.length; ++i)
                    if (!$util.isInteger(message.indexes[i]))
                        return "indexes: integer[] expected";
            }
            return null;
        };

        /**
         * Creates a Want message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Want
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Want} Want
         */
        Want.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Want)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Want: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Want();
            if (object.blob != null)
                if (object.blob.length)
                    if (typeof object.blob === "string")
                        $util.base64.decode(object.blob, message.blob = $util.newBuffer($util.base64.length(object.blob)), 0);
                    else if (object.blob.length >= 0)
                        message.blob = object.blob;
            if (object.indexes) {
                if (!$Array.isArray(object.indexes))
                    throw $TypeError(".skein.Want.indexes: array expected");
                message.indexes = $Array(object.indexes.length);
                for (let i = 0; i < object.indexes.length; ++i)
                    message.indexes[i] = object.indexes[i] >>> 0;
            }
            return message;
        };

        /**
         * Creates a plain object from a Want message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Want
         * @static
         * @param {skein.Want} message Want
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Want.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.indexes = [];
            if (options.defaults)
                if (options.bytes === $String)
                    object.blob = "";
                else {
                    object.blob = [];
                    if (options.bytes !== $Array)
                        object.blob = $util.newBuffer(object.blob);
                }
            if (message.blob != null && $Object.hasOwnProperty.call(message, "blob"))
                object.blob = options.bytes === $String ? $util.base64.encode(message.blob, 0, message.blob.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.blob) : message.blob;
            if (message.indexes && message.indexes.length) {
                object.indexes = $Array(message.indexes.length);
                for (let j = 0; j < message.indexes.length; ++j)
                    object.indexes[j] = message.indexes[j];
            }
            return object;
        };

        /**
         * Converts this Want to JSON.
         * @function toJSON
         * @memberof skein.Want
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Want.prototype.toJSON = function() {
            return Want.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Want
         * @function getTypeUrl
         * @memberof skein.Want
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Want.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Want";
        };

        return Want;
    })();

    skein.Ack = (function() {

        /**
         * Properties of an Ack.
         * @typedef {Object} skein.Ack.$Properties
         * @property {Uint8Array|null} [hash] Ack hash
         * @property {string|null} [kind] Ack kind
         * @property {boolean|null} [accepted] Ack accepted
         * @property {string|null} [reason] Ack reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Ack.
         * @memberof skein
         * @interface IAck
         * @augments skein.Ack.$Properties
         * @deprecated Use skein.Ack.$Properties instead.
         */

        /**
         * Shape of an Ack.
         * @typedef {skein.Ack.$Properties} skein.Ack.$Shape
         */

        /**
         * Constructs a new Ack.
         * @memberof skein
         * @classdesc Represents an Ack.
         * @constructor
         * @param {skein.Ack.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Ack = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Ack hash.
         * @member {Uint8Array} hash
         * @memberof skein.Ack
         * @instance
         */
        Ack.prototype.hash = $util.newBuffer([]);

        /**
         * Ack kind.
         * @member {string} kind
         * @memberof skein.Ack
         * @instance
         */
        Ack.prototype.kind = "";

        /**
         * Ack accepted.
         * @member {boolean} accepted
         * @memberof skein.Ack
         * @instance
         */
        Ack.prototype.accepted = false;

        /**
         * Ack reason.
         * @member {string} reason
         * @memberof skein.Ack
         * @instance
         */
        Ack.prototype.reason = "";

        /**
         * Creates a new Ack instance using the specified properties.
         * @function create
         * @memberof skein.Ack
         * @static
         * @param {skein.Ack.$Properties=} [properties] Properties to set
         * @returns {skein.Ack} Ack instance
         * @type {{
         *   (properties: skein.Ack.$Shape): skein.Ack & skein.Ack.$Shape;
         *   (properties?: skein.Ack.$Properties): skein.Ack;
         * }}
         */
        Ack.create = function(properties) {
            return new Ack(properties);
        };

        /**
         * Encodes the specified Ack message. Does not implicitly {@link skein.Ack.verify|verify} messages.
         * @function encode
         * @memberof skein.Ack
         * @static
         * @param {skein.Ack.$Properties} message Ack message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Ack.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.hash);
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.kind);
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted") && message.accepted !== false)
                writer.uint32(/* id 3, wireType 0 =*/24).bool(message.accepted);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Ack message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Ack
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Ack & skein.Ack.$Shape} Ack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Ack.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Ack();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.hash = value;
                        else
                            delete message.hash;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.accepted = value;
                        else
                            delete message.accepted;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies an Ack message.
         * @function verify
         * @memberof skein.Ack
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Ack.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                if (!(message.hash && typeof message.hash.length === "number" || $util.isString(message.hash)))
                    return "hash: buffer expected";
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                if (!$util.isString(message.kind))
                    return "kind: string expected";
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                if (typeof message.accepted !== "boolean")
                    return "accepted: boolean expected";
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                if (!$util.isString(message.reason))
                    return "reason: string expected";
            return null;
        };

        /**
         * Creates an Ack message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Ack
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Ack} Ack
         */
        Ack.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Ack)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Ack: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Ack();
            if (object.hash != null)
                if (object.hash.length)
                    if (typeof object.hash === "string")
                        $util.base64.decode(object.hash, message.hash = $util.newBuffer($util.base64.length(object.hash)), 0);
                    else if (object.hash.length >= 0)
                        message.hash = object.hash;
            if (object.kind != null)
                if (typeof object.kind !== "string" || object.kind.length)
                    message.kind = $String(object.kind);
            if (object.accepted != null)
                if (object.accepted)
                    message.accepted = $Boolean(object.accepted);
            if (object.reason != null)
                if (typeof object.reason !== "string" || object.reason.length)
                    message.reason = $String(object.reason);
            return message;
        };

        /**
         * Creates a plain object from an Ack message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Ack
         * @static
         * @param {skein.Ack} message Ack
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Ack.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if (options.bytes === $String)
                    object.hash = "";
                else {
                    object.hash = [];
                    if (options.bytes !== $Array)
                        object.hash = $util.newBuffer(object.hash);
                }
                object.kind = "";
                object.accepted = false;
                object.reason = "";
            }
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                object.hash = options.bytes === $String ? $util.base64.encode(message.hash, 0, message.hash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.hash) : message.hash;
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                object.kind = message.kind;
            if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                object.accepted = message.accepted;
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                object.reason = message.reason;
            return object;
        };

        /**
         * Converts this Ack to JSON.
         * @function toJSON
         * @memberof skein.Ack
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Ack.prototype.toJSON = function() {
            return Ack.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Ack
         * @function getTypeUrl
         * @memberof skein.Ack
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Ack.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Ack";
        };

        return Ack;
    })();

    skein.Release = (function() {

        /**
         * Properties of a Release.
         * @typedef {Object} skein.Release.$Properties
         * @property {Uint8Array|null} [manifest] Release manifest
         * @property {Uint8Array|null} [signature] Release signature
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Release.
         * @memberof skein
         * @interface IRelease
         * @augments skein.Release.$Properties
         * @deprecated Use skein.Release.$Properties instead.
         */

        /**
         * Shape of a Release.
         * @typedef {skein.Release.$Properties} skein.Release.$Shape
         */

        /**
         * Constructs a new Release.
         * @memberof skein
         * @classdesc Represents a Release.
         * @constructor
         * @param {skein.Release.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Release = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Release manifest.
         * @member {Uint8Array} manifest
         * @memberof skein.Release
         * @instance
         */
        Release.prototype.manifest = $util.newBuffer([]);

        /**
         * Release signature.
         * @member {Uint8Array} signature
         * @memberof skein.Release
         * @instance
         */
        Release.prototype.signature = $util.newBuffer([]);

        /**
         * Creates a new Release instance using the specified properties.
         * @function create
         * @memberof skein.Release
         * @static
         * @param {skein.Release.$Properties=} [properties] Properties to set
         * @returns {skein.Release} Release instance
         * @type {{
         *   (properties: skein.Release.$Shape): skein.Release & skein.Release.$Shape;
         *   (properties?: skein.Release.$Properties): skein.Release;
         * }}
         */
        Release.create = function(properties) {
            return new Release(properties);
        };

        /**
         * Encodes the specified Release message. Does not implicitly {@link skein.Release.verify|verify} messages.
         * @function encode
         * @memberof skein.Release
         * @static
         * @param {skein.Release.$Properties} message Release message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Release.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.manifest != null && $Object.hasOwnProperty.call(message, "manifest") && message.manifest.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.manifest);
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.signature);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Release message from the specified reader or buffer.
         * @function decode
         * @memberof skein.Release
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.Release & skein.Release.$Shape} Release
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Release.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.Release();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.manifest = value;
                        else
                            delete message.manifest;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.signature = value;
                        else
                            delete message.signature;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a Release message.
         * @function verify
         * @memberof skein.Release
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Release.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.manifest != null && $Object.hasOwnProperty.call(message, "manifest"))
                if (!(message.manifest && typeof message.manifest.length === "number" || $util.isString(message.manifest)))
                    return "manifest: buffer expected";
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature"))
                if (!(message.signature && typeof message.signature.length === "number" || $util.isString(message.signature)))
                    return "signature: buffer expected";
            return null;
        };

        /**
         * Creates a Release message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.Release
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.Release} Release
         */
        Release.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.Release)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.Release: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.Release();
            if (object.manifest != null)
                if (object.manifest.length)
                    if (typeof object.manifest === "string")
                        $util.base64.decode(object.manifest, message.manifest = $util.newBuffer($util.base64.length(object.manifest)), 0);
                    else if (object.manifest.length >= 0)
                        message.manifest = object.manifest;
            if (object.signature != null)
                if (object.signature.length)
                    if (typeof object.signature === "string")
                        $util.base64.decode(object.signature, message.signature = $util.newBuffer($util.base64.length(object.signature)), 0);
                    else if (object.signature.length >= 0)
                        message.signature = object.signature;
            return message;
        };

        /**
         * Creates a plain object from a Release message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.Release
         * @static
         * @param {skein.Release} message Release
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Release.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if (options.bytes === $String)
                    object.manifest = "";
                else {
                    object.manifest = [];
                    if (options.bytes !== $Array)
                        object.manifest = $util.newBuffer(object.manifest);
                }
                if (options.bytes === $String)
                    object.signature = "";
                else {
                    object.signature = [];
                    if (options.bytes !== $Array)
                        object.signature = $util.newBuffer(object.signature);
                }
            }
            if (message.manifest != null && $Object.hasOwnProperty.call(message, "manifest"))
                object.manifest = options.bytes === $String ? $util.base64.encode(message.manifest, 0, message.manifest.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.manifest) : message.manifest;
            if (message.signature != null && $Object.hasOwnProperty.call(message, "signature"))
                object.signature = options.bytes === $String ? $util.base64.encode(message.signature, 0, message.signature.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.signature) : message.signature;
            return object;
        };

        /**
         * Converts this Release to JSON.
         * @function toJSON
         * @memberof skein.Release
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Release.prototype.toJSON = function() {
            return Release.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Release
         * @function getTypeUrl
         * @memberof skein.Release
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Release.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.Release";
        };

        return Release;
    })();

    skein.RoundClosed = (function() {

        /**
         * Properties of a RoundClosed.
         * @typedef {Object} skein.RoundClosed.$Properties
         * @property {string|null} [outcome] RoundClosed outcome
         * @property {string|null} [release] RoundClosed release
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RoundClosed.
         * @memberof skein
         * @interface IRoundClosed
         * @augments skein.RoundClosed.$Properties
         * @deprecated Use skein.RoundClosed.$Properties instead.
         */

        /**
         * Shape of a RoundClosed.
         * @typedef {skein.RoundClosed.$Properties} skein.RoundClosed.$Shape
         */

        /**
         * Constructs a new RoundClosed.
         * @memberof skein
         * @classdesc Represents a RoundClosed.
         * @constructor
         * @param {skein.RoundClosed.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RoundClosed = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RoundClosed outcome.
         * @member {string} outcome
         * @memberof skein.RoundClosed
         * @instance
         */
        RoundClosed.prototype.outcome = "";

        /**
         * RoundClosed release.
         * @member {string} release
         * @memberof skein.RoundClosed
         * @instance
         */
        RoundClosed.prototype.release = "";

        /**
         * Creates a new RoundClosed instance using the specified properties.
         * @function create
         * @memberof skein.RoundClosed
         * @static
         * @param {skein.RoundClosed.$Properties=} [properties] Properties to set
         * @returns {skein.RoundClosed} RoundClosed instance
         * @type {{
         *   (properties: skein.RoundClosed.$Shape): skein.RoundClosed & skein.RoundClosed.$Shape;
         *   (properties?: skein.RoundClosed.$Properties): skein.RoundClosed;
         * }}
         */
        RoundClosed.create = function(properties) {
            return new RoundClosed(properties);
        };

        /**
         * Encodes the specified RoundClosed message. Does not implicitly {@link skein.RoundClosed.verify|verify} messages.
         * @function encode
         * @memberof skein.RoundClosed
         * @static
         * @param {skein.RoundClosed.$Properties} message RoundClosed message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RoundClosed.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome") && message.outcome !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.outcome);
            if (message.release != null && $Object.hasOwnProperty.call(message, "release") && message.release !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.release);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RoundClosed message from the specified reader or buffer.
         * @function decode
         * @memberof skein.RoundClosed
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {skein.RoundClosed & skein.RoundClosed.$Shape} RoundClosed
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RoundClosed.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.skein.RoundClosed();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.outcome = value;
                        else
                            delete message.outcome;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.release = value;
                        else
                            delete message.release;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Verifies a RoundClosed message.
         * @function verify
         * @memberof skein.RoundClosed
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        RoundClosed.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome"))
                if (!$util.isString(message.outcome))
                    return "outcome: string expected";
            if (message.release != null && $Object.hasOwnProperty.call(message, "release"))
                if (!$util.isString(message.release))
                    return "release: string expected";
            return null;
        };

        /**
         * Creates a RoundClosed message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof skein.RoundClosed
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {skein.RoundClosed} RoundClosed
         */
        RoundClosed.fromObject = function (object, _depth) {
            if (object instanceof $root.skein.RoundClosed)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".skein.RoundClosed: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.skein.RoundClosed();
            if (object.outcome != null)
                if (typeof object.outcome !== "string" || object.outcome.length)
                    message.outcome = $String(object.outcome);
            if (object.release != null)
                if (typeof object.release !== "string" || object.release.length)
                    message.release = $String(object.release);
            return message;
        };

        /**
         * Creates a plain object from a RoundClosed message. Also converts values to other types if specified.
         * @function toObject
         * @memberof skein.RoundClosed
         * @static
         * @param {skein.RoundClosed} message RoundClosed
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        RoundClosed.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.outcome = "";
                object.release = "";
            }
            if (message.outcome != null && $Object.hasOwnProperty.call(message, "outcome"))
                object.outcome = message.outcome;
            if (message.release != null && $Object.hasOwnProperty.call(message, "release"))
                object.release = message.release;
            return object;
        };

        /**
         * Converts this RoundClosed to JSON.
         * @function toJSON
         * @memberof skein.RoundClosed
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        RoundClosed.prototype.toJSON = function() {
            return RoundClosed.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for RoundClosed
         * @function getTypeUrl
         * @memberof skein.RoundClosed
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        RoundClosed.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/skein.RoundClosed";
        };

        return RoundClosed;
    })();

    return skein;
})();

export {
  $root as default
};
