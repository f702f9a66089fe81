/* A text as a QR code, drawn on a canvas; the encoder is fetched when the first one is shown. */
import { useEffect, useRef } from 'preact/hooks';

export function Qr({ text, label }: { text: string; label: string }) {
    const ref = useRef<HTMLCanvasElement>(null);
    useEffect(() => {
        void import('lean-qr').then(({ generate }) => {
            if (ref.current) generate(text).toCanvas(ref.current, { pad: 0 });
        });
    }, [text]);
    return <canvas ref={ref} class="qr" role="img" aria-label={label} />;
}
