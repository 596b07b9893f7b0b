from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, Text, func
from sqlalchemy.dialects.postgresql import UUID

from ..database import Base


class Invoice(Base):
    __tablename__ = "invoice"
    __table_args__ = {"schema": "app"}

    tenant_id = Column(UUID(as_uuid=True), primary_key=True)
    id = Column(UUID(as_uuid=True), primary_key=True)
    number = Column(Text, nullable=False)
    amount_cents = Column(BigInteger, nullable=False)
    note = Column(Text)
    paid = Column(Boolean, nullable=False)
    due_at = Column(DateTime(timezone=True))
    version = Column(Integer, nullable=False)
    created_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    updated_at = Column(DateTime(timezone=True), nullable=False, server_default=func.now(), onupdate=func.now())

    # SQLAlchemy adds the version to each UPDATE and DELETE, and notices when another request was faster.
    __mapper_args__ = {"version_id_col": version, "eager_defaults": True}
