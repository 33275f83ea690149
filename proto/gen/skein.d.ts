import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace skein. */
export namespace skein {

    /**
     * Properties of an Envelope.
     * @deprecated Use skein.Envelope.$Properties instead.
     */
    interface IEnvelope extends skein.Envelope.$Properties {
    }

    /** Represents an Envelope. */
    class Envelope {

        /**
         * Constructs a new Envelope.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Envelope.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Envelope version. */
        version: number;

        /** Envelope fleet. */
        fleet: string;

        /** Envelope device. */
        device: string;

        /** Envelope task. */
        task: string;

        /** Envelope round. */
        round: number;

        /** Envelope kind. */
        kind: string;

        /** Envelope sequence. */
        sequence: number;

        /** Envelope hash. */
        hash: Uint8Array;

        /** Envelope payload. */
        payload: Uint8Array;

        /**
         * Creates a new Envelope instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Envelope instance
         */
        static create(properties: skein.Envelope.$Shape): skein.Envelope & skein.Envelope.$Shape;
        static create(properties?: skein.Envelope.$Properties): skein.Envelope;

        /**
         * Encodes the specified Envelope message. Does not implicitly {@link skein.Envelope.verify|verify} messages.
         * @param message Envelope message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Envelope.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Envelope message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Envelope & skein.Envelope.$Shape} Envelope
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Envelope & skein.Envelope.$Shape;

        /**
         * Verifies an Envelope message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Envelope message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Envelope
         */
        static fromObject(object: { [k: string]: any }): skein.Envelope;

        /**
         * Creates a plain object from an Envelope message. Also converts values to other types if specified.
         * @param message Envelope
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Envelope, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Envelope to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Envelope
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Envelope {

        /** Properties of an Envelope. */
        interface $Properties {

            /** Envelope version */
            version?: (number|null);

            /** Envelope fleet */
            fleet?: (string|null);

            /** Envelope device */
            device?: (string|null);

            /** Envelope task */
            task?: (string|null);

            /** Envelope round */
            round?: (number|null);

            /** Envelope kind */
            kind?: (string|null);

            /** Envelope sequence */
            sequence?: (number|null);

            /** Envelope hash */
            hash?: (Uint8Array|null);

            /** Envelope payload */
            payload?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Envelope. */
        type $Shape = skein.Envelope.$Properties;
    }

    /**
     * Properties of a Presence.
     * @deprecated Use skein.Presence.$Properties instead.
     */
    interface IPresence extends skein.Presence.$Properties {
    }

    /** Represents a Presence. */
    class Presence {

        /**
         * Constructs a new Presence.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Presence.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Presence epoch. */
        epoch: number;

        /** Presence online. */
        online: boolean;

        /** Presence agentVersion. */
        agentVersion: string;

        /** Presence profile. */
        profile: string;

        /** Presence threads. */
        threads: number;

        /** Presence memoryBytes. */
        memoryBytes: number;

        /** Presence bytesLeftToday. */
        bytesLeftToday: number;

        /** Presence baseModels. */
        baseModels: string[];

        /** Presence release. */
        release: string;

        /**
         * Creates a new Presence instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Presence instance
         */
        static create(properties: skein.Presence.$Shape): skein.Presence & skein.Presence.$Shape;
        static create(properties?: skein.Presence.$Properties): skein.Presence;

        /**
         * Encodes the specified Presence message. Does not implicitly {@link skein.Presence.verify|verify} messages.
         * @param message Presence message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Presence.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Presence message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Presence & skein.Presence.$Shape} Presence
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Presence & skein.Presence.$Shape;

        /**
         * Verifies a Presence message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Presence message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Presence
         */
        static fromObject(object: { [k: string]: any }): skein.Presence;

        /**
         * Creates a plain object from a Presence message. Also converts values to other types if specified.
         * @param message Presence
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Presence, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Presence to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Presence
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Presence {

        /** Properties of a Presence. */
        interface $Properties {

            /** Presence epoch */
            epoch?: (number|null);

            /** Presence online */
            online?: (boolean|null);

            /** Presence agentVersion */
            agentVersion?: (string|null);

            /** Presence profile */
            profile?: (string|null);

            /** Presence threads */
            threads?: (number|null);

            /** Presence memoryBytes */
            memoryBytes?: (number|null);

            /** Presence bytesLeftToday */
            bytesLeftToday?: (number|null);

            /** Presence baseModels */
            baseModels?: (string[]|null);

            /** Presence release */
            release?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Presence. */
        type $Shape = skein.Presence.$Properties;
    }

    /** AdapterMode enum. */
    enum AdapterMode {

        /** ADAPTER_MODE_UNSPECIFIED value */
        ADAPTER_MODE_UNSPECIFIED = 0,

        /** LORA value */
        LORA = 1,

        /** FFA value */
        FFA = 2
    }

    /** Arithmetic enum. */
    enum Arithmetic {

        /** ARITHMETIC_UNSPECIFIED value */
        ARITHMETIC_UNSPECIFIED = 0,

        /** EXACT value */
        EXACT = 1,

        /** FAST value */
        FAST = 2
    }

    /** Aggregation enum. */
    enum Aggregation {

        /** AGGREGATION_UNSPECIFIED value */
        AGGREGATION_UNSPECIFIED = 0,

        /** MEAN value */
        MEAN = 1,

        /** WEIGHTED_MEAN value */
        WEIGHTED_MEAN = 2
    }

    /**
     * Properties of an AdapterShape.
     * @deprecated Use skein.AdapterShape.$Properties instead.
     */
    interface IAdapterShape extends skein.AdapterShape.$Properties {
    }

    /** Represents an AdapterShape. */
    class AdapterShape {

        /**
         * Constructs a new AdapterShape.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.AdapterShape.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** AdapterShape mode. */
        mode: skein.AdapterMode;

        /** AdapterShape rank. */
        rank: number;

        /** AdapterShape alpha. */
        alpha: number;

        /** AdapterShape targets. */
        targets: string[];

        /**
         * Creates a new AdapterShape instance using the specified properties.
         * @param [properties] Properties to set
         * @returns AdapterShape instance
         */
        static create(properties: skein.AdapterShape.$Shape): skein.AdapterShape & skein.AdapterShape.$Shape;
        static create(properties?: skein.AdapterShape.$Properties): skein.AdapterShape;

        /**
         * Encodes the specified AdapterShape message. Does not implicitly {@link skein.AdapterShape.verify|verify} messages.
         * @param message AdapterShape message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.AdapterShape.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an AdapterShape message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.AdapterShape & skein.AdapterShape.$Shape} AdapterShape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.AdapterShape & skein.AdapterShape.$Shape;

        /**
         * Verifies an AdapterShape message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an AdapterShape message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns AdapterShape
         */
        static fromObject(object: { [k: string]: any }): skein.AdapterShape;

        /**
         * Creates a plain object from an AdapterShape message. Also converts values to other types if specified.
         * @param message AdapterShape
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.AdapterShape, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this AdapterShape to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for AdapterShape
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace AdapterShape {

        /** Properties of an AdapterShape. */
        interface $Properties {

            /** AdapterShape mode */
            mode?: (skein.AdapterMode|null);

            /** AdapterShape rank */
            rank?: (number|null);

            /** AdapterShape alpha */
            alpha?: (number|null);

            /** AdapterShape targets */
            targets?: (string[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an AdapterShape. */
        type $Shape = skein.AdapterShape.$Properties;
    }

    /**
     * Properties of a TrainingPlan.
     * @deprecated Use skein.TrainingPlan.$Properties instead.
     */
    interface ITrainingPlan extends skein.TrainingPlan.$Properties {
    }

    /** Represents a TrainingPlan. */
    class TrainingPlan {

        /**
         * Constructs a new TrainingPlan.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.TrainingPlan.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TrainingPlan localEpochs. */
        localEpochs: number;

        /** TrainingPlan batchSize. */
        batchSize: number;

        /** TrainingPlan learningRate. */
        learningRate: number;

        /** TrainingPlan weightDecay. */
        weightDecay: number;

        /** TrainingPlan clipNorm. */
        clipNorm: number;

        /** TrainingPlan maxTokens. */
        maxTokens: number;

        /** TrainingPlan arithmetic. */
        arithmetic: skein.Arithmetic;

        /**
         * Creates a new TrainingPlan instance using the specified properties.
         * @param [properties] Properties to set
         * @returns TrainingPlan instance
         */
        static create(properties: skein.TrainingPlan.$Shape): skein.TrainingPlan & skein.TrainingPlan.$Shape;
        static create(properties?: skein.TrainingPlan.$Properties): skein.TrainingPlan;

        /**
         * Encodes the specified TrainingPlan message. Does not implicitly {@link skein.TrainingPlan.verify|verify} messages.
         * @param message TrainingPlan message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.TrainingPlan.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TrainingPlan message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.TrainingPlan & skein.TrainingPlan.$Shape} TrainingPlan
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.TrainingPlan & skein.TrainingPlan.$Shape;

        /**
         * Verifies a TrainingPlan message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a TrainingPlan message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns TrainingPlan
         */
        static fromObject(object: { [k: string]: any }): skein.TrainingPlan;

        /**
         * Creates a plain object from a TrainingPlan message. Also converts values to other types if specified.
         * @param message TrainingPlan
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.TrainingPlan, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this TrainingPlan to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for TrainingPlan
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace TrainingPlan {

        /** Properties of a TrainingPlan. */
        interface $Properties {

            /** TrainingPlan localEpochs */
            localEpochs?: (number|null);

            /** TrainingPlan batchSize */
            batchSize?: (number|null);

            /** TrainingPlan learningRate */
            learningRate?: (number|null);

            /** TrainingPlan weightDecay */
            weightDecay?: (number|null);

            /** TrainingPlan clipNorm */
            clipNorm?: (number|null);

            /** TrainingPlan maxTokens */
            maxTokens?: (number|null);

            /** TrainingPlan arithmetic */
            arithmetic?: (skein.Arithmetic|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TrainingPlan. */
        type $Shape = skein.TrainingPlan.$Properties;
    }

    /**
     * Properties of a TaskSpec.
     * @deprecated Use skein.TaskSpec.$Properties instead.
     */
    interface ITaskSpec extends skein.TaskSpec.$Properties {
    }

    /** Represents a TaskSpec. */
    class TaskSpec {

        /**
         * Constructs a new TaskSpec.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.TaskSpec.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TaskSpec id. */
        id: string;

        /** TaskSpec baseModel. */
        baseModel: string;

        /** TaskSpec template. */
        template: string;

        /** TaskSpec labels. */
        labels: string[];

        /** TaskSpec adapter. */
        adapter?: (skein.AdapterShape.$Properties|null);

        /** TaskSpec plan. */
        plan?: (skein.TrainingPlan.$Properties|null);

        /** TaskSpec aggregation. */
        aggregation: skein.Aggregation;

        /** TaskSpec adapterSeed. */
        adapterSeed: number;

        /**
         * Creates a new TaskSpec instance using the specified properties.
         * @param [properties] Properties to set
         * @returns TaskSpec instance
         */
        static create(properties: skein.TaskSpec.$Shape): skein.TaskSpec & skein.TaskSpec.$Shape;
        static create(properties?: skein.TaskSpec.$Properties): skein.TaskSpec;

        /**
         * Encodes the specified TaskSpec message. Does not implicitly {@link skein.TaskSpec.verify|verify} messages.
         * @param message TaskSpec message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.TaskSpec.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TaskSpec message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.TaskSpec & skein.TaskSpec.$Shape} TaskSpec
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.TaskSpec & skein.TaskSpec.$Shape;

        /**
         * Verifies a TaskSpec message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a TaskSpec message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns TaskSpec
         */
        static fromObject(object: { [k: string]: any }): skein.TaskSpec;

        /**
         * Creates a plain object from a TaskSpec message. Also converts values to other types if specified.
         * @param message TaskSpec
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.TaskSpec, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this TaskSpec to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for TaskSpec
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace TaskSpec {

        /** Properties of a TaskSpec. */
        interface $Properties {

            /** TaskSpec id */
            id?: (string|null);

            /** TaskSpec baseModel */
            baseModel?: (string|null);

            /** TaskSpec template */
            template?: (string|null);

            /** TaskSpec labels */
            labels?: (string[]|null);

            /** TaskSpec adapter */
            adapter?: (skein.AdapterShape.$Properties|null);

            /** TaskSpec plan */
            plan?: (skein.TrainingPlan.$Properties|null);

            /** TaskSpec aggregation */
            aggregation?: (skein.Aggregation|null);

            /** TaskSpec adapterSeed */
            adapterSeed?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TaskSpec. */
        type $Shape = skein.TaskSpec.$Properties;
    }

    /**
     * Properties of an Assignment.
     * @deprecated Use skein.Assignment.$Properties instead.
     */
    interface IAssignment extends skein.Assignment.$Properties {
    }

    /** Represents an Assignment. */
    class Assignment {

        /**
         * Constructs a new Assignment.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Assignment.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Assignment task. */
        task?: (skein.TaskSpec.$Properties|null);

        /** Assignment startRelease. */
        startRelease: string;

        /** Assignment seed. */
        seed: number;

        /** Assignment deadlineMs. */
        deadlineMs: number;

        /** Assignment nonce. */
        nonce: Uint8Array;

        /**
         * Creates a new Assignment instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Assignment instance
         */
        static create(properties: skein.Assignment.$Shape): skein.Assignment & skein.Assignment.$Shape;
        static create(properties?: skein.Assignment.$Properties): skein.Assignment;

        /**
         * Encodes the specified Assignment message. Does not implicitly {@link skein.Assignment.verify|verify} messages.
         * @param message Assignment message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Assignment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Assignment message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Assignment & skein.Assignment.$Shape} Assignment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Assignment & skein.Assignment.$Shape;

        /**
         * Verifies an Assignment message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Assignment message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Assignment
         */
        static fromObject(object: { [k: string]: any }): skein.Assignment;

        /**
         * Creates a plain object from an Assignment message. Also converts values to other types if specified.
         * @param message Assignment
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Assignment, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Assignment to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Assignment
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Assignment {

        /** Properties of an Assignment. */
        interface $Properties {

            /** Assignment task */
            task?: (skein.TaskSpec.$Properties|null);

            /** Assignment startRelease */
            startRelease?: (string|null);

            /** Assignment seed */
            seed?: (number|null);

            /** Assignment deadlineMs */
            deadlineMs?: (number|null);

            /** Assignment nonce */
            nonce?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Assignment. */
        type $Shape = skein.Assignment.$Properties;
    }

    /**
     * Properties of an AssignmentReply.
     * @deprecated Use skein.AssignmentReply.$Properties instead.
     */
    interface IAssignmentReply extends skein.AssignmentReply.$Properties {
    }

    /** Represents an AssignmentReply. */
    class AssignmentReply {

        /**
         * Constructs a new AssignmentReply.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.AssignmentReply.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** AssignmentReply nonce. */
        nonce: Uint8Array;

        /** AssignmentReply accepted. */
        accepted: boolean;

        /** AssignmentReply reason. */
        reason: string;

        /**
         * Creates a new AssignmentReply instance using the specified properties.
         * @param [properties] Properties to set
         * @returns AssignmentReply instance
         */
        static create(properties: skein.AssignmentReply.$Shape): skein.AssignmentReply & skein.AssignmentReply.$Shape;
        static create(properties?: skein.AssignmentReply.$Properties): skein.AssignmentReply;

        /**
         * Encodes the specified AssignmentReply message. Does not implicitly {@link skein.AssignmentReply.verify|verify} messages.
         * @param message AssignmentReply message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.AssignmentReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an AssignmentReply message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.AssignmentReply & skein.AssignmentReply.$Shape} AssignmentReply
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.AssignmentReply & skein.AssignmentReply.$Shape;

        /**
         * Verifies an AssignmentReply message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an AssignmentReply message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns AssignmentReply
         */
        static fromObject(object: { [k: string]: any }): skein.AssignmentReply;

        /**
         * Creates a plain object from an AssignmentReply message. Also converts values to other types if specified.
         * @param message AssignmentReply
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.AssignmentReply, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this AssignmentReply to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for AssignmentReply
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace AssignmentReply {

        /** Properties of an AssignmentReply. */
        interface $Properties {

            /** AssignmentReply nonce */
            nonce?: (Uint8Array|null);

            /** AssignmentReply accepted */
            accepted?: (boolean|null);

            /** AssignmentReply reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an AssignmentReply. */
        type $Shape = skein.AssignmentReply.$Properties;
    }

    /** Phase enum. */
    enum Phase {

        /** PHASE_UNSPECIFIED value */
        PHASE_UNSPECIFIED = 0,

        /** FETCHING value */
        FETCHING = 1,

        /** TRAINING value */
        TRAINING = 2,

        /** SENDING value */
        SENDING = 3,

        /** DONE value */
        DONE = 4,

        /** FAILED value */
        FAILED = 5
    }

    /**
     * Properties of a Progress.
     * @deprecated Use skein.Progress.$Properties instead.
     */
    interface IProgress extends skein.Progress.$Properties {
    }

    /** Represents a Progress. */
    class Progress {

        /**
         * Constructs a new Progress.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Progress.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Progress phase. */
        phase: skein.Phase;

        /** Progress step. */
        step: number;

        /** Progress steps. */
        steps: number;

        /** Progress reason. */
        reason: string;

        /**
         * Creates a new Progress instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Progress instance
         */
        static create(properties: skein.Progress.$Shape): skein.Progress & skein.Progress.$Shape;
        static create(properties?: skein.Progress.$Properties): skein.Progress;

        /**
         * Encodes the specified Progress message. Does not implicitly {@link skein.Progress.verify|verify} messages.
         * @param message Progress message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Progress.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Progress message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Progress & skein.Progress.$Shape} Progress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Progress & skein.Progress.$Shape;

        /**
         * Verifies a Progress message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Progress message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Progress
         */
        static fromObject(object: { [k: string]: any }): skein.Progress;

        /**
         * Creates a plain object from a Progress message. Also converts values to other types if specified.
         * @param message Progress
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Progress, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Progress to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Progress
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Progress {

        /** Properties of a Progress. */
        interface $Properties {

            /** Progress phase */
            phase?: (skein.Phase|null);

            /** Progress step */
            step?: (number|null);

            /** Progress steps */
            steps?: (number|null);

            /** Progress reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Progress. */
        type $Shape = skein.Progress.$Properties;
    }

    /**
     * Properties of a Tensor.
     * @deprecated Use skein.Tensor.$Properties instead.
     */
    interface ITensor extends skein.Tensor.$Properties {
    }

    /** Represents a Tensor. */
    class Tensor {

        /**
         * Constructs a new Tensor.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Tensor.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Tensor name. */
        name: string;

        /** Tensor shape. */
        shape: number[];

        /** Tensor values. */
        values: Uint8Array;

        /**
         * Creates a new Tensor instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Tensor instance
         */
        static create(properties: skein.Tensor.$Shape): skein.Tensor & skein.Tensor.$Shape;
        static create(properties?: skein.Tensor.$Properties): skein.Tensor;

        /**
         * Encodes the specified Tensor message. Does not implicitly {@link skein.Tensor.verify|verify} messages.
         * @param message Tensor message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Tensor.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Tensor message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Tensor & skein.Tensor.$Shape} Tensor
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Tensor & skein.Tensor.$Shape;

        /**
         * Verifies a Tensor message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Tensor message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Tensor
         */
        static fromObject(object: { [k: string]: any }): skein.Tensor;

        /**
         * Creates a plain object from a Tensor message. Also converts values to other types if specified.
         * @param message Tensor
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Tensor, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Tensor to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Tensor
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Tensor {

        /** Properties of a Tensor. */
        interface $Properties {

            /** Tensor name */
            name?: (string|null);

            /** Tensor shape */
            shape?: (number[]|null);

            /** Tensor values */
            values?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Tensor. */
        type $Shape = skein.Tensor.$Properties;
    }

    /**
     * Properties of an Update.
     * @deprecated Use skein.Update.$Properties instead.
     */
    interface IUpdate extends skein.Update.$Properties {
    }

    /** Represents an Update. */
    class Update {

        /**
         * Constructs a new Update.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Update.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Update nonce. */
        nonce: Uint8Array;

        /** Update examples. */
        examples: number;

        /** Update tensors. */
        tensors: skein.Tensor.$Properties[];

        /** Update startRelease. */
        startRelease: string;

        /**
         * Creates a new Update instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Update instance
         */
        static create(properties: skein.Update.$Shape): skein.Update & skein.Update.$Shape;
        static create(properties?: skein.Update.$Properties): skein.Update;

        /**
         * Encodes the specified Update message. Does not implicitly {@link skein.Update.verify|verify} messages.
         * @param message Update message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Update.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Update message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Update & skein.Update.$Shape} Update
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Update & skein.Update.$Shape;

        /**
         * Verifies an Update message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Update message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Update
         */
        static fromObject(object: { [k: string]: any }): skein.Update;

        /**
         * Creates a plain object from an Update message. Also converts values to other types if specified.
         * @param message Update
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Update, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Update to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Update
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Update {

        /** Properties of an Update. */
        interface $Properties {

            /** Update nonce */
            nonce?: (Uint8Array|null);

            /** Update examples */
            examples?: (number|null);

            /** Update tensors */
            tensors?: (skein.Tensor.$Properties[]|null);

            /** Update startRelease */
            startRelease?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Update. */
        type $Shape = skein.Update.$Properties;
    }

    /**
     * Properties of a Chunk.
     * @deprecated Use skein.Chunk.$Properties instead.
     */
    interface IChunk extends skein.Chunk.$Properties {
    }

    /** Represents a Chunk. */
    class Chunk {

        /**
         * Constructs a new Chunk.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Chunk.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Chunk blob. */
        blob: Uint8Array;

        /** Chunk index. */
        index: number;

        /** Chunk count. */
        count: number;

        /** Chunk size. */
        size: number;

        /** Chunk data. */
        data: Uint8Array;

        /**
         * Creates a new Chunk instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Chunk instance
         */
        static create(properties: skein.Chunk.$Shape): skein.Chunk & skein.Chunk.$Shape;
        static create(properties?: skein.Chunk.$Properties): skein.Chunk;

        /**
         * Encodes the specified Chunk message. Does not implicitly {@link skein.Chunk.verify|verify} messages.
         * @param message Chunk message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Chunk message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Chunk & skein.Chunk.$Shape} Chunk
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Chunk & skein.Chunk.$Shape;

        /**
         * Verifies a Chunk message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Chunk message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Chunk
         */
        static fromObject(object: { [k: string]: any }): skein.Chunk;

        /**
         * Creates a plain object from a Chunk message. Also converts values to other types if specified.
         * @param message Chunk
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Chunk, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Chunk to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Chunk
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Chunk {

        /** Properties of a Chunk. */
        interface $Properties {

            /** Chunk blob */
            blob?: (Uint8Array|null);

            /** Chunk index */
            index?: (number|null);

            /** Chunk count */
            count?: (number|null);

            /** Chunk size */
            size?: (number|null);

            /** Chunk data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Chunk. */
        type $Shape = skein.Chunk.$Properties;
    }

    /**
     * Properties of an Offer.
     * @deprecated Use skein.Offer.$Properties instead.
     */
    interface IOffer extends skein.Offer.$Properties {
    }

    /** Represents an Offer. */
    class Offer {

        /**
         * Constructs a new Offer.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Offer.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Offer blob. */
        blob: Uint8Array;

        /** Offer size. */
        size: number;

        /** Offer count. */
        count: number;

        /**
         * Creates a new Offer instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Offer instance
         */
        static create(properties: skein.Offer.$Shape): skein.Offer & skein.Offer.$Shape;
        static create(properties?: skein.Offer.$Properties): skein.Offer;

        /**
         * Encodes the specified Offer message. Does not implicitly {@link skein.Offer.verify|verify} messages.
         * @param message Offer message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Offer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Offer message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Offer & skein.Offer.$Shape} Offer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Offer & skein.Offer.$Shape;

        /**
         * Verifies an Offer message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Offer message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Offer
         */
        static fromObject(object: { [k: string]: any }): skein.Offer;

        /**
         * Creates a plain object from an Offer message. Also converts values to other types if specified.
         * @param message Offer
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Offer, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Offer to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Offer
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Offer {

        /** Properties of an Offer. */
        interface $Properties {

            /** Offer blob */
            blob?: (Uint8Array|null);

            /** Offer size */
            size?: (number|null);

            /** Offer count */
            count?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Offer. */
        type $Shape = skein.Offer.$Properties;
    }

    /**
     * Properties of a Want.
     * @deprecated Use skein.Want.$Properties instead.
     */
    interface IWant extends skein.Want.$Properties {
    }

    /** Represents a Want. */
    class Want {

        /**
         * Constructs a new Want.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Want.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Want blob. */
        blob: Uint8Array;

        /** Want indexes. */
        indexes: number[];

        /**
         * Creates a new Want instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Want instance
         */
        static create(properties: skein.Want.$Shape): skein.Want & skein.Want.$Shape;
        static create(properties?: skein.Want.$Properties): skein.Want;

        /**
         * Encodes the specified Want message. Does not implicitly {@link skein.Want.verify|verify} messages.
         * @param message Want message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Want.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Want message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Want & skein.Want.$Shape} Want
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Want & skein.Want.$Shape;

        /**
         * Verifies a Want message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Want message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Want
         */
        static fromObject(object: { [k: string]: any }): skein.Want;

        /**
         * Creates a plain object from a Want message. Also converts values to other types if specified.
         * @param message Want
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Want, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Want to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Want
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Want {

        /** Properties of a Want. */
        interface $Properties {

            /** Want blob */
            blob?: (Uint8Array|null);

            /** Want indexes */
            indexes?: (number[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Want. */
        type $Shape = skein.Want.$Properties;
    }

    /**
     * Properties of an Ack.
     * @deprecated Use skein.Ack.$Properties instead.
     */
    interface IAck extends skein.Ack.$Properties {
    }

    /** Represents an Ack. */
    class Ack {

        /**
         * Constructs a new Ack.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Ack.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Ack hash. */
        hash: Uint8Array;

        /** Ack kind. */
        kind: string;

        /** Ack accepted. */
        accepted: boolean;

        /** Ack reason. */
        reason: string;

        /**
         * Creates a new Ack instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Ack instance
         */
        static create(properties: skein.Ack.$Shape): skein.Ack & skein.Ack.$Shape;
        static create(properties?: skein.Ack.$Properties): skein.Ack;

        /**
         * Encodes the specified Ack message. Does not implicitly {@link skein.Ack.verify|verify} messages.
         * @param message Ack message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Ack message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Ack & skein.Ack.$Shape} Ack
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Ack & skein.Ack.$Shape;

        /**
         * Verifies an Ack message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates an Ack message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Ack
         */
        static fromObject(object: { [k: string]: any }): skein.Ack;

        /**
         * Creates a plain object from an Ack message. Also converts values to other types if specified.
         * @param message Ack
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Ack, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Ack to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Ack
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Ack {

        /** Properties of an Ack. */
        interface $Properties {

            /** Ack hash */
            hash?: (Uint8Array|null);

            /** Ack kind */
            kind?: (string|null);

            /** Ack accepted */
            accepted?: (boolean|null);

            /** Ack reason */
            reason?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Ack. */
        type $Shape = skein.Ack.$Properties;
    }

    /**
     * Properties of a Release.
     * @deprecated Use skein.Release.$Properties instead.
     */
    interface IRelease extends skein.Release.$Properties {
    }

    /** Represents a Release. */
    class Release {

        /**
         * Constructs a new Release.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.Release.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Release manifest. */
        manifest: Uint8Array;

        /** Release signature. */
        signature: Uint8Array;

        /**
         * Creates a new Release instance using the specified properties.
         * @param [properties] Properties to set
         * @returns Release instance
         */
        static create(properties: skein.Release.$Shape): skein.Release & skein.Release.$Shape;
        static create(properties?: skein.Release.$Properties): skein.Release;

        /**
         * Encodes the specified Release message. Does not implicitly {@link skein.Release.verify|verify} messages.
         * @param message Release message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.Release.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Release message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.Release & skein.Release.$Shape} Release
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.Release & skein.Release.$Shape;

        /**
         * Verifies a Release message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a Release message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns Release
         */
        static fromObject(object: { [k: string]: any }): skein.Release;

        /**
         * Creates a plain object from a Release message. Also converts values to other types if specified.
         * @param message Release
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.Release, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this Release to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for Release
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace Release {

        /** Properties of a Release. */
        interface $Properties {

            /** Release manifest */
            manifest?: (Uint8Array|null);

            /** Release signature */
            signature?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Release. */
        type $Shape = skein.Release.$Properties;
    }

    /**
     * Properties of a RoundClosed.
     * @deprecated Use skein.RoundClosed.$Properties instead.
     */
    interface IRoundClosed extends skein.RoundClosed.$Properties {
    }

    /** Represents a RoundClosed. */
    class RoundClosed {

        /**
         * Constructs a new RoundClosed.
         * @param [properties] Properties to set
         */
        constructor(properties?: skein.RoundClosed.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RoundClosed outcome. */
        outcome: string;

        /** RoundClosed release. */
        release: string;

        /**
         * Creates a new RoundClosed instance using the specified properties.
         * @param [properties] Properties to set
         * @returns RoundClosed instance
         */
        static create(properties: skein.RoundClosed.$Shape): skein.RoundClosed & skein.RoundClosed.$Shape;
        static create(properties?: skein.RoundClosed.$Properties): skein.RoundClosed;

        /**
         * Encodes the specified RoundClosed message. Does not implicitly {@link skein.RoundClosed.verify|verify} messages.
         * @param message RoundClosed message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: skein.RoundClosed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RoundClosed message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {skein.RoundClosed & skein.RoundClosed.$Shape} RoundClosed
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): skein.RoundClosed & skein.RoundClosed.$Shape;

        /**
         * Verifies a RoundClosed message.
         * @param message Plain object to verify
         * @returns `null` if valid, otherwise the reason why it is not
         */
        static verify(message: { [k: string]: any }): (string|null);

        /**
         * Creates a RoundClosed message from a plain object. Also converts values to their respective internal types.
         * @param object Plain object
         * @returns RoundClosed
         */
        static fromObject(object: { [k: string]: any }): skein.RoundClosed;

        /**
         * Creates a plain object from a RoundClosed message. Also converts values to other types if specified.
         * @param message RoundClosed
         * @param [options] Conversion options
         * @returns Plain object
         */
        static toObject(message: skein.RoundClosed, options?: $protobuf.IConversionOptions): { [k: string]: any };

        /**
         * Converts this RoundClosed to JSON.
         * @returns JSON object
         */
        toJSON(): { [k: string]: any };

        /**
         * Gets the type url for RoundClosed
         * @param [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns The type url
         */
        static getTypeUrl(prefix?: string): string;
    }

    namespace RoundClosed {

        /** Properties of a RoundClosed. */
        interface $Properties {

            /** RoundClosed outcome */
            outcome?: (string|null);

            /** RoundClosed release */
            release?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RoundClosed. */
        type $Shape = skein.RoundClosed.$Properties;
    }
}
