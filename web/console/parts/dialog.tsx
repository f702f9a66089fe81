/* A native dialog: it traps the focus, closes with Escape and gives the focus back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props {
    title: string;
    onClose: () => void;
    wide?: boolean;
    className?: string;
    bare?: boolean;
    /* Nothing to type at once (else the first field has the focus): the title takes the focus, and no phone shows its keyboard. */
    calm?: boolean;
    children: ComponentChildren;
}

export function Dialog({ title, onClose, wide, className, bare, calm, children }: Props) {
    const ref = useRef<HTMLDialogElement>(null);
    const gone = useRef(false);
    const closed = () => {
        if (!gone.current) onClose();
    };
    useEffect(() => {
        const dialog = ref.current;
        dialog?.showModal();
        return () => {
            gone.current = true; // the close below is ours: nobody has to be told
            dialog?.close();
        };
    }, []);
    const outside = (event: MouseEvent) => {
        if (event.target === ref.current && className) onClose();
    };
    return (
        <dialog ref={ref} class={className ?? (wide ? 'wide' : '')} aria-label={title} onClose={closed} onMouseDown={outside}>
            {bare ? children : <div class="body"><h1 tabIndex={calm ? -1 : undefined} autofocus={calm}>{title}</h1>{children}</div>}
        </dialog>
    );
}
