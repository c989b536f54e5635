// What the page's scripts use of uPlot 1.6 and xterm.js 6, which are vendored without types.

/** Seconds since 1970, then a column for each series; null: no value. */
type UPlotData = (number | null)[][];

interface UPlotScale { min: number; max: number }

interface UPlotChart {
  width: number;
  height: number;
  ctx: CanvasRenderingContext2D;
  over: HTMLElement;
  bbox: { left: number; top: number; width: number; height: number };
  cursor: { left: number; idx?: number | null };
  select: { left: number; width: number; top: number; height: number };
  scales: { x: UPlotScale; y: UPlotScale };
  setData(data: UPlotData, resetScales?: boolean): void;
  setSeries(index: number, options: { show: boolean }): void;
  setSelect(select: UPlotChart["select"], fireHook: boolean): void;
  setSize(size: { width: number; height: number }): void;
  valToPos(value: number, scale: "x" | "y", canvasPixels?: boolean): number;
  posToVal(position: number, scale: "x" | "y"): number;
  destroy(): void;
}

interface UPlotOptions {
  width: number;
  height: number;
  padding: (number | null)[];
  legend: object;
  cursor: object;
  scales: {
    x: { time: boolean; auto: boolean; range: () => number[] };
    y: { range: (chart: UPlotChart, low: number | null, high: number | null) => number[] };
  };
  axes: (Record<string, unknown> & { values?: (chart: UPlotChart, ticks: number[]) => string[] })[];
  series: object[];
  hooks: Record<string, ((chart: UPlotChart) => void)[]>;
}

/** uPlot is loaded by a script element of the page Live. */
declare const uPlot: new (options: UPlotOptions, data: UPlotData, parent: HTMLElement) => UPlotChart;

interface XTermSequence { prefix?: string; intermediates?: string; final: string }

interface XTerm {
  cols: number;
  rows: number;
  textarea: HTMLTextAreaElement;
  options: Record<string, unknown>;
  modes: { bracketedPasteMode: boolean; applicationCursorKeysMode: boolean };
  parser: {
    registerCsiHandler(id: XTermSequence, handle: (numbers: (number | number[])[]) => boolean): void;
    registerDcsHandler(id: XTermSequence, handle: () => boolean): void;
    registerOscHandler(id: number, handle: () => boolean): void;
  };
  buffer: {
    active: { viewportY: number; getLine(row: number): { translateToString(trimRight: boolean): string } | undefined };
  };
  /** Not public: see terminal/guard.js. */
  _core: { coreService: { onUserInput(listener: () => void): void } };
  onData(listener: (text: string) => void): void;
  onTitleChange(listener: (title: string) => void): void;
  onWriteParsed(listener: (nothing: void) => void): void;
  attachCustomKeyEventHandler(handle: (event: KeyboardEvent) => boolean): void;
  loadAddon(addon: object): void;
  open(parent: HTMLElement): void;
  write(data: string | Uint8Array, drawn?: () => void): void;
  input(text: string, byHand: boolean): void;
  paste(text: string): void;
  resize(cols: number, rows: number): void;
  getSelection(): string;
  focus(): void;
  dispose(): void;
}
