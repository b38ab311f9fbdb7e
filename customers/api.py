"""The API's door to customers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import demand
from core.fields import warm_keys
from customers.models import Customer
from customers.queries import list_consents, load_customer, search_customers


class IdentityShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    value = serializers.CharField()
    verified_at = serializers.DateTimeField(allow_null=True)


class ConsentShape(serializers.Serializer[Any]):
    purpose = serializers.CharField()
    action = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    is_allowed = serializers.BooleanField()


class CustomerShape(serializers.Serializer[Customer]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    tier = serializers.CharField(source="tier.code")
    organisation = serializers.SerializerMethodField()
    locale = serializers.CharField()
    timezone = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_organisation(self, customer: Customer) -> str | None:
        return customer.organisation.name if customer.organisation else None


class CustomerDetailShape(CustomerShape):
    identities = serializers.SerializerMethodField()
    consents = serializers.SerializerMethodField()

    @extend_schema(responses=IdentityShape(many=True))
    def get_identities(self, customer: Customer) -> Any:
        current = [i for i in customer.identities.all() if i.valid_to is None]
        return IdentityShape(current, many=True).data

    def get_consents(self, customer: Customer) -> Any:
        return ConsentShape(list_consents(customer), many=True).data


class CustomerListShape(serializers.Serializer[Any]):
    results = CustomerShape(many=True)
    next = serializers.CharField(allow_null=True)


class CustomerListView(APIView):
    @extend_schema(
        operation_id="customers_list",
        parameters=[
            OpenApiParameter("q", str, description="A name, an e-mail address, a phone number."),
            OpenApiParameter("after", str, description="The next of the page before."),
        ],
        responses=CustomerListShape,
    )
    def get(self, request: Request) -> Response:
        demand(request, "customers.view_customer")
        text = request.query_params.get("q", "")
        page = search_customers(request.user, text, after=request.query_params.get("after", ""))
        rows = CustomerShape(page.rows, many=True).data
        return Response({"results": rows, "next": page.next or None})


class CustomerView(APIView):
    @extend_schema(responses=CustomerDetailShape)
    def get(self, request: Request, pk: UUID) -> Response:
        customer = load_customer(request.user, pk)
        warm_keys([customer], customer.identities.all())
        return Response(CustomerDetailShape(customer).data)
