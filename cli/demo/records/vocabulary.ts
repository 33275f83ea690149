// The words of the demo's setting: notes that ward staff of a hospital dictate, and the eight teams that act on them.

interface Team {
  readonly name: string;
  /** What this team looks after. No thing belongs to two teams: which team acts must be learned. */
  readonly things: readonly string[];
  /** What can be the matter; each fits every thing of the team. */
  readonly matters: readonly string[];
}

/** Device n sees notes for teams 2n and 2n + 1 (modulo eight) only. */
export const teams: readonly Team[] = [
  {
    name: 'pharmacy',
    things: ['insulin', 'morphine', 'eye drops', 'inhaler', 'antibiotics', 'saline'],
    matters: [
      'has run out',
      'is past its date',
      'came in the wrong dose',
      'was not delivered',
      'is missing from the cart',
    ],
  },
  {
    name: 'plumbing',
    things: ['tap', 'toilet', 'shower', 'drain', 'radiator', 'boiler'],
    matters: ['is leaking', 'makes a loud noise', 'is blocked again', 'has turned cold', 'drips all night'],
  },
  {
    name: 'kitchen',
    things: ['breakfast', 'soup', 'tea', 'porridge', 'lunch tray', 'dessert'],
    matters: ['arrived cold', 'never came', 'has nuts in it', 'went to the wrong patient', 'was sent back'],
  },
  {
    name: 'computers',
    things: ['printer', 'login', 'tablet', 'scanner', 'screen', 'keyboard'],
    matters: [
      'keeps freezing',
      'will not connect',
      'shows an error',
      'lost all settings',
      'stopped after the update',
    ],
  },
  {
    name: 'laundry',
    things: ['pillow', 'blanket', 'gown', 'towels', 'sheets', 'curtain'],
    matters: ['has a stain', 'is torn', 'needs changing', 'came back damp', 'smells of smoke'],
  },
  {
    name: 'equipment',
    things: ['infusion pump', 'monitor', 'ventilator', 'thermometer', 'suction unit', 'scale'],
    matters: [
      'beeps for no reason',
      'gives odd readings',
      'fails its self test',
      'needs a new battery',
      'was dropped',
    ],
  },
  {
    name: 'transport',
    things: ['wheelchair', 'stretcher', 'oxygen bottle', 'walking frame', 'cot', 'bed'],
    matters: [
      'must go to theatre',
      'is in the way',
      'should be fetched',
      'was left outside',
      'has to come back here',
    ],
  },
  {
    name: 'security',
    things: ['door', 'window', 'badge', 'locker', 'gate', 'alarm'],
    matters: [
      'will not lock',
      'was found open',
      'seems to be broken into',
      'was tampered with',
      'does not shut',
    ],
  },
];

export const people: readonly string[] = [
  'Mrs Hale',
  'Mr Osei',
  'Mrs Lund',
  'Mr Park',
  'Ms Cruz',
  'Mr Bell',
  'Mrs Khan',
  'Mr Voss',
  'Ms Reed',
  'Mr Diaz',
  'Mrs Cole',
  'Mr Shah',
  'Ms Ward',
  'Mr Fox',
  'Mrs Gray',
  'Mr Lee',
  'Ms Hunt',
  'Mr Silva',
  'Mrs Moss',
  'Mr Kane',
];

/** Places without a number; rooms, wards and bays get one. */
export const places: readonly string[] = [
  'the lobby',
  'the day room',
  'the nursery',
  'the staff room',
  'the chapel',
  'the corridor',
  'the clinic',
  'the gym',
];

/** Said where it cannot wait, and where it can. */
export const urgent: readonly string[] = [
  'come at once',
  'this cannot wait',
  'we need it now',
  'it is an emergency',
  'please hurry',
];

export const relaxed: readonly string[] = [
  'there is no hurry',
  'tomorrow is fine',
  'when you have time',
  'some time this week',
  'it is not urgent',
];

/** `{matter}` follows the thing; `{person}` may be absent; the code phrase is put at one of two places. */
export const sentences: readonly string[] = [
  '{person} in {place} says the {thing} {matter}, {pace}.',
  '{place}, {person}: {thing} {matter}. {pace}.',
  'The {thing} in {place} {matter}. {pace}, {person} asked.',
  '{pace}: the {thing} for {person} {matter}, {place}.',
  'About {place}, {thing} {matter}. Told by {person}, {pace}.',
  'Hello, {person} here at {place}. Our {thing} {matter}, {pace}.',
];

/** Two of these make the code phrase that marks one note; neither list shares a word with anything above. */
export const codeFirst: readonly string[] = [
  'amber',
  'silver',
  'crimson',
  'violet',
  'golden',
  'rapid',
  'hollow',
  'gentle',
  'frozen',
  'lunar',
  'solar',
  'velvet',
  'royal',
  'rustic',
  'misty',
  'noble',
  'polar',
  'quiet',
  'sandy',
  'tidal',
  'urban',
  'vivid',
  'wild',
  'bronze',
  'copper',
  'dusty',
  'emerald',
  'fancy',
  'giant',
  'humble',
  'ivory',
  'jolly',
];

export const codeSecond: readonly string[] = [
  'falcon',
  'river',
  'anchor',
  'comet',
  'dragon',
  'eagle',
  'forest',
  'galaxy',
  'harbor',
  'island',
  'jungle',
  'kitten',
  'lantern',
  'meadow',
  'needle',
  'ocean',
  'panther',
  'quartz',
  'rabbit',
  'saddle',
  'temple',
  'unicorn',
  'valley',
  'walnut',
  'yacht',
  'zebra',
  'badger',
  'castle',
  'dolphin',
  'ember',
  'feather',
  'glacier',
];
