/** A zero in its first phase. */
export function BrandMark({ className }: { className?: string }) {
    return (
        <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
            <circle cx="16" cy="16" r="12" fill="none" stroke="currentColor" strokeWidth="3" />
            <path d="M16 4a12 12 0 0 1 0 24z" fill="currentColor" />
        </svg>
    );
}
