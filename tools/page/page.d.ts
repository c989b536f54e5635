// Names that the page's scripts may use in their JSDoc types, and what the browser has beyond TypeScript's lib.
import type { components } from "./api";
import type { BoardState } from "../../static/js/state.js";

type Models = components["schemas"];

declare global {
  /** The API's models, made from its OpenAPI document: Api["Result"], Api["LinkStatus"], … */
  type Api = Models;
  type Verdict = Models["Verdict"];
  type Finding = Models["Finding"];
  /** The newest result of a diagnostic, as a page keeps it. */
  type Result = Models["ResultOfRun"];
  /** An error as results and the link's status tell it. */
  type Cause = Models["Cause"];
  /** What a request to the API throws. */
  type ApiError = import("../../static/js/api.js").ApiError;
  /** What a page knows of the board in one bay. */
  type Board = BoardState;
  /** What listeners of a board hear of (BoardState.on), by topic. */
  interface Topics {
    link: undefined;
    /** The diagnostic. */
    row: string;
    /** true: draw at once. */
    board: boolean | undefined;
    drawn: undefined;
    stream: undefined;
    loaded: undefined;
    lost: Cause;
    ran: RunFinished;
    /** Another device id is at hand, and there are results of one before. */
    whose: undefined;
  }
  /** The element that holds a board, wherever on a page. */
  type Root = ParentNode & EventTarget;
  /** The rows of one board, as the other parts of its page use them. */
  type Rows = ReturnType<typeof import("../../static/checkup/rows.js").mountRows>;
  type FindingOf = { finding: Finding; result: Result };
  /** A run under way; since: ms since 1970. */
  type Running = Models["RunStarted"] & { since: number };
  type Difference = NonNullable<Models["CheckupState"]["since"]>["differences"][number];
  /** A link from a finding to its moment. */
  type MomentLink = { word: string; href: string };

  /** Why the event stream cannot be had; "": it is there. */
  type Trouble = "" | "stopped" | "full" | "away";
  /** Feeds that a page's stream carries beside the events (js/stream.js). */
  interface Watch {
    /** A list, or what is asked for it each time a stream is opened. */
    names: string[] | (() => Promise<string[]>);
    kinds: string[];
    /** data: JSON as the program sent it; each feed names what its kinds hold. */
    receive(kind: string, data: any): void;
    /** Some of them may have been missed. */
    resync(): void;
  }

  /** A run as its end is told. */
  type RunFinished = Models["RunStarted"] & {
    shown: boolean; result: Models["Result"]; labels: Result["labels"]; not_kept: Cause | null;
  };
  /** A check-up as the page follows it. */
  type FollowedCheckup = Pick<Models["CheckupState"], "checkup" | "diagnostics">
    & Partial<Omit<Models["CheckupState"], "state" | "pending">> & { done: Set<string>; finished: boolean };
  /** The events of the bus that change a board, by kind. */
  interface BoardEvents {
    connection: Models["LinkStatus"];
    "run-started": Models["RunStarted"];
    "run-finished": RunFinished;
    "checkup-started": Pick<Models["CheckupState"], "checkup" | "diagnostics" | "started_at">;
    "checkup-finished": Pick<Models["CheckupState"], "checkup" | "ended" | "verdict" | "duration_s" | "cancelled" | "not_kept">;
    headline: Models["Headline"];
    "checkup-compared": Pick<Models["CheckupState"], "checkup" | "since">;
    "catalogue-reloaded": unknown;
  }

  /** The API of one bay, as js/api.js asks it. */
  interface ApiOfBay {
    state(results?: boolean): Promise<Models["State"]>;
    runDiagnostic(id: string): Promise<Models["RunAccepted"]>;
    resultText(run: string): Promise<Models["ResultText"]>;
    cancelRun(run: string): Promise<Models["Run"]>;
    startCheckup(ids?: string[]): Promise<Models["CheckupAccepted"]>;
    cancelCheckup(id: string): Promise<Models["Checkup"]>;
    ladder(): Promise<Models["Ladder"]>;
    reset(): Promise<Models["LinkStatus"]>;
    trust(fingerprint: string, reflashed: boolean): Promise<Models["LinkStatus"]>;
    credentials(form: Partial<Models["CredentialsBody"]>): Promise<Models["LinkStatus"]>;
    testLogin(): Promise<Models["Ladder"]>;
    answers(answers: string[], question: string): Promise<Models["LinkStatus"]>;
    callNormal(id: string, startedAt: string | null): Promise<Models["NormalCount"]>;
    reloadCatalogue(): Promise<Models["CatalogueFacts"]>;
    openLog(source: LogSource): Promise<Models["Log"]>;
    logChoices(): Promise<Models["LogChoices"]>;
    logLines(id: string, after: number, limit: number): Promise<Models["LogLines"]>;
    beat(path: string): Promise<unknown>;
    live(): Promise<Models["Live"]>;
    liveSamples(after: number): Promise<Models["LiveSamples"]>;
    liveInterval(seconds: number): Promise<Models["Live"]>;
    liveMarker(note: string): Promise<Models["LiveMarker"]>;
    beginWiggle(): Promise<Models["Wiggle"]>;
    wiggle(id: string): Promise<Models["Wiggle"]>;
    markWiggle(id: string, note: string): Promise<Models["Wiggle"]>;
    endWiggle(id: string): Promise<Models["Wiggle"]>;
    recordings(): Promise<Models["Recordings"]>;
    recording(id: string): Promise<Models["Recording"]>;
    startRecording(minutes: number): Promise<Models["Recording"]>;
    stopRecording(id: string): Promise<Models["Recording"]>;
    connection(): Promise<Models["LinkStatus"]>;
  }
  /** Which log, as POST …/logs takes it. */
  type LogSource = Pick<Models["LogBody"], "source"> & Partial<Models["LogBody"]>;

  /** What the page came with (templates/…: data-boot). Beside bay and vocabulary each page has its own. */
  interface Boot {
    read_only?: boolean;
    bay: string;
    vocabulary: Vocabulary;
    /** Revision of the catalogue that its rows are of. */
    catalogue: string;
    connection: Models["LinkStatus"];
    diagnostics: Row[];
    headline?: Models["Headline"];
    /** The check-up that the page shows, of a page that shows one alone. */
    kept?: Models["State"];
    /** The page came with the results drawn. */
    drawn?: boolean;
    signatures: Record<string, Meaning>;
    terminal: unknown;
    bench: Models["Bench"];
    lab: Models["Lab"];
    campaigns: Models["CampaignHeadline"][];
    campaign: Models["Campaign"];
    offered: { id: string; title: string; whose: string }[];
    swap: Models["SwapTests"];
  }

  /** A diagnostic as its row has it; its command and why are in the row (checkup/rows.js). */
  type Row = Pick<Models["Diagnostic"], "id" | "title" | "category"> & Partial<Models["Diagnostic"]>;
  /** What a known message of a log means. */
  type Meaning = { title: string; why?: string; next_step?: string };

  /** The product's words (presentation.py). */
  interface Vocabulary {
    verdicts: Record<Verdict, { icon: string; word: string; one: string; many: string; chip: string }>;
    worst_first: Verdict[];
    rungs: Record<Models["RungState"], { icon: string; tone: string; word: string }>;
    paths: Record<string, string>;
    because: Record<string, string>;
    normal: string;
    left_out: string;
    /** By unit: from which number on another one is said, and its fewest decimals. */
    larger: Record<string, [number, string, number]>;
    wiggle_cut_short: Models["Wiggle"]["verdict"];
  }

  type Leaf = Node | string | number | false | null | undefined;
  /** What el() and setContent() take: lists are laid out flat; nothing and false are left out. */
  type Child = Leaf | readonly Leaf[];
  interface Attributes {
    [name: string]: string | number | boolean | null | undefined | ((event: never) => void);
    onclick?: (event: MouseEvent) => void;
    onmousemove?: (event: MouseEvent) => void;
    onchange?: (event: Event) => void;
    onsubmit?: (event: SubmitEvent) => void;
  }
  /** The element that el("tag.class") makes. */
  type Made<Name extends string> = Name extends `${infer Tag}.${string}` ? Made<Tag>
    : Name extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Name] : HTMLElement;

  /** Parts (data-part) that are more than an HTMLElement. tests/unit/test_page_types.py holds both to the templates. */
  interface Parts {
    ask: HTMLDialogElement;
    palette: HTMLDialogElement;
    wiggle: HTMLDialogElement;
    jump: HTMLDetailsElement;
    "link-facts": HTMLDetailsElement;
    "login-form": HTMLFormElement;
    marker: HTMLFormElement;
    "question-form": HTMLFormElement;
    "soak-form": HTMLFormElement;
    source: HTMLFormElement;
    clock: HTMLSelectElement;
    interval: HTMLSelectElement;
    window: HTMLSelectElement;
    find: HTMLInputElement;
    only: HTMLInputElement;
    search: HTMLInputElement;
    wrap: HTMLInputElement;
    call: HTMLButtonElement;
    checkup: HTMLButtonElement;
    "checkup-rest": HTMLButtonElement;
    first: HTMLButtonElement;
  }
  /** The same of slots (data-slot). */
  interface Slots {
    form: HTMLFormElement;
    nickname: HTMLFormElement;
    save: HTMLFormElement;
    more: HTMLDetailsElement;
    unchecked: HTMLDetailsElement;
    search: HTMLInputElement;
    progress: HTMLProgressElement;
    all: HTMLButtonElement;
    run: HTMLButtonElement;
    "turn-back": HTMLButtonElement;
    "turn-on": HTMLButtonElement;
  }
  type In<Map, Name extends string> = Name extends keyof Map ? Map[Name] : HTMLElement;
  /** A form's fields by their names. */
  type Fields = HTMLFormControlsCollection & Record<string, HTMLInputElement>;

  interface Uint8ArrayConstructor {
    /** Newer browsers only. */
    fromBase64?(text: string): Uint8Array<ArrayBuffer>;
  }
  interface Element {
    /** A row of the log list carries its line. */
    line?: import("../../static/logs/store.js").Line;
  }
}
